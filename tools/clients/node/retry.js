// Retries one archive job through Google's client library for Node.js, and prints
// what the library reported, as `dpconform client` asks.
//
//   node retry.js [message|nothing]
//
// The request message is optional: message gives the library the empty one, as
// the sample in its documentation does, and nothing leaves it out.
import {google} from 'googleapis';

const environment = process.env;
const job = environment.DPCONFORM_JOB;

// The tokens of a user, as the library's users hold them: it refreshes by itself
// after an answer that may be about the token.
const auth = new google.auth.OAuth2({
  clientId: 'client',
  clientSecret: 'secret',
  endpoints: {oauth2TokenUrl: environment.DPCONFORM_TOKEN_URL},
});
auth.setCredentials({access_token: environment.DPCONFORM_TOKEN, refresh_token: environment.DPCONFORM_REFRESH_TOKEN});

const service = google.dataportability({version: 'v1', auth, rootUrl: environment.DPCONFORM_ENDPOINT + '/'});

// shown is what the error tells that the library gives.
function shown(error) {
  const outcome = {message: error.message};
  if (error.response) {
    // The library has no member for the name of the code: it leaves the answer in
    // response.data, where a caller finds it.
    outcome.code = error.status;
    outcome.status = error.response.data?.error?.status;
  }
  return outcome;
}

const outcome = {job};
try {
  const retry = id => service.archiveJobs.retry({name: 'archiveJobs/' + id, ...(process.argv[2] !== 'nothing' && {requestBody: {}})});
  if (environment.DPCONFORM_WARM_JOB) {
    await retry(environment.DPCONFORM_WARM_JOB);
    // fetch puts the connection back a moment later.
    await new Promise(done => setTimeout(done, 50));
  }
  const answer = await retry(job);
  outcome.archiveJobId = answer.data.archiveJobId ?? '';
} catch (error) {
  outcome.error = shown(error);
}
console.log(JSON.stringify(outcome));
