"""Retries one archive job with google-auth and requests, and prints what came of it, as
`dpconform client` asks.

    authorized_session.py [nothing|message]

nothing sends no body, message the empty message as JSON.
"""
import json
import os
import sys
import urllib.parse

import google.auth.transport.requests
import google.oauth2.credentials


def call(session, job):
    message = {"json": {}} if sys.argv[1:] == ["message"] else {}
    return session.post(f"{os.environ['DPCONFORM_ENDPOINT']}/v1/archiveJobs/{urllib.parse.quote(job, safe='')}:retry", **message)


def outcome():
    # The tokens of a user: the session refreshes by itself after a 401.
    session = google.auth.transport.requests.AuthorizedSession(google.oauth2.credentials.Credentials(
        os.environ["DPCONFORM_TOKEN"], refresh_token=os.environ["DPCONFORM_REFRESH_TOKEN"],
        token_uri=os.environ["DPCONFORM_TOKEN_URL"], client_id="client", client_secret="secret"))
    if os.environ.get("DPCONFORM_WARM_JOB"):
        # The connection of this call is there for the one after it.
        call(session, os.environ["DPCONFORM_WARM_JOB"])
    response = call(session, os.environ["DPCONFORM_JOB"])
    if response.ok and not response.is_redirect:
        return {"archiveJobId": response.json().get("archiveJobId", "")}
    try:
        error = response.json().get("error", {})
    except ValueError:
        error = {}
    return {"error": {"code": response.status_code, "status": error.get("status", ""), "message": error.get("message", response.reason)}}


def main():
    try:
        found = outcome()
    except Exception as failed:  # whatever the libraries below it raise
        found = {"error": {"message": f"{type(failed).__name__}: {failed}"}}
    print(json.dumps({"job": os.environ["DPCONFORM_JOB"], **found}))


main()
