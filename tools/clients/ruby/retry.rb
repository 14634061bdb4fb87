# Retries one archive job with Ruby's net/http, and prints what came of it, as
# `dpconform client` asks:
#
#     ruby retry.rb [nothing|message]
#
# nothing sends no body, message the empty message as JSON.
require 'erb'
require 'json'
require 'net/http'

def call(http, job)
  request = Net::HTTP::Post.new("/v1/archiveJobs/#{ERB::Util.url_encode(job)}:retry")
  request['Authorization'] = "Bearer #{ENV['DPCONFORM_TOKEN']}"
  if ARGV[0] == 'message'
    request.body = '{}'
    request['Content-Type'] = 'application/json'
  end
  http.request(request)
end

def outcome(response)
  return { archiveJobId: JSON.parse(response.body)['archiveJobId'] || '' } if response.is_a?(Net::HTTPSuccess)

  error = begin
    JSON.parse(response.body)['error'] || {}
  rescue JSON::ParserError
    {}
  end
  { error: { code: response.code.to_i, status: error['status'].to_s, message: (error['message'] || response.message).to_s } }
end

endpoint = URI(ENV['DPCONFORM_ENDPOINT'])
http = Net::HTTP.new(endpoint.host, endpoint.port)
http.use_ssl = endpoint.scheme == 'https'
http.ca_file = ENV['DPCONFORM_CA_CERT'] if ENV['DPCONFORM_CA_CERT']
found =
  begin
    http.start do
      warm = ENV['DPCONFORM_WARM_JOB'].to_s
      # The connection of this call is there for the one after it.
      call(http, warm) unless warm.empty?
      outcome(call(http, ENV['DPCONFORM_JOB']))
    end
  rescue StandardError => e
    { error: { message: "#{e.class}: #{e.message}" } }
  end
puts JSON.generate({ job: ENV['DPCONFORM_JOB'] }.merge(found))
