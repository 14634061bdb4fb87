// Retries one archive job through the client that hey-api generates from `dpconform
// spec print --plain`, and prints what the client returned, as `dpconform client` asks.
//
//   node retry.mjs [message|nothing]
//
// message gives the client the empty message, nothing leaves it out.
import {createClient, createConfig} from './built/client/index.js';
import {dataportabilityArchiveJobsRetry} from './built/index.js';

const environment = process.env;
const job = environment.DPCONFORM_JOB;
const client = createClient(createConfig({baseUrl: environment.DPCONFORM_ENDPOINT, auth: () => environment.DPCONFORM_TOKEN}));

// shown is what the client has of an error: what was thrown, or the body, read as
// JSON where it is.
function shown(error, response) {
  return response
    ? {code: response.status, status: error.error?.status, message: error.error?.message ?? response.statusText}
    : {message: String(error.cause ?? error)};
}

const reported = {job};
try {
  const retry = archiveJob => dataportabilityArchiveJobsRetry({client, path: {archiveJob}, ...(process.argv[2] !== 'nothing' && {body: {}})});
  if (environment.DPCONFORM_WARM_JOB) {
    await retry(environment.DPCONFORM_WARM_JOB);
    // fetch puts the connection back a moment later.
    await new Promise(done => setTimeout(done, 50));
  }
  const {data, error, response} = await retry(job);
  if (response?.ok) reported.archiveJobId = data.archiveJobId ?? '';
  else reported.error = shown(error, response);
} catch (error) {
  reported.error = shown(error);
}
console.log(JSON.stringify(reported));
