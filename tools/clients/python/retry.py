"""Retry one archive job through Google's client library for Python, and print
what the library reported, as `dpconform client` asks.

    retry.py [message|nothing]

The request message is an optional argument of the library: nothing leaves it
out, as its signature does, and message gives it the empty message.
"""
import json
import os
import sys

import google.oauth2.credentials
import google_auth_httplib2
import httplib2
from googleapiclient import discovery, errors


def service():
    # The tokens of a user, as the library's users hold them: it refreshes by
    # itself after a 401.
    credentials = google.oauth2.credentials.Credentials(
        os.environ["DPCONFORM_TOKEN"], refresh_token=os.environ.get("DPCONFORM_REFRESH_TOKEN"),
        token_uri=os.environ.get("DPCONFORM_TOKEN_URL"), client_id="client", client_secret="secret")
    # httplib2 trusts its own list of authorities unless it is set otherwise.
    connection = httplib2.Http(ca_certs=os.environ.get("DPCONFORM_CA_CERT"))
    return discovery.build(
        "dataportability", "v1", static_discovery=True,
        http=google_auth_httplib2.AuthorizedHttp(credentials, http=connection),
        client_options={"api_endpoint": os.environ["DPCONFORM_ENDPOINT"]})


def shown(refused):
    # The library has no member for the name of the code: it leaves the answer in
    # content, where a caller finds it.
    error = {"code": refused.status_code, "message": refused.reason}
    try:
        error["status"] = json.loads(refused.content)["error"]["status"]
    except (ValueError, KeyError, TypeError):
        pass
    return error


def main():
    job = os.environ["DPCONFORM_JOB"]
    message = {"body": {}} if sys.argv[1:] == ["message"] else {}
    outcome = {"job": job}
    try:
        jobs = service().archiveJobs()
        if first := os.environ.get("DPCONFORM_WARM_JOB"):
            jobs.retry(name="archiveJobs/" + first, **message).execute()
        answer = jobs.retry(name="archiveJobs/" + job, **message).execute()
        outcome["archiveJobId"] = answer.get("archiveJobId", "")
    except errors.HttpError as refused:
        outcome["error"] = shown(refused)
    except Exception as failed:  # whatever else the libraries below it raise
        outcome["error"] = {"message": f"{type(failed).__name__}: {failed}"}
    print(json.dumps(outcome))


main()
