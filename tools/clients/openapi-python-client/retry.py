"""Retries one archive job through the client that openapi-python-client generates from
`dpconform spec print --plain`, and prints what the client returned, as `dpconform client` asks.

    retry.py [message|nothing]

message gives the client the empty message, nothing leaves it out.
"""
import json
import os
import sys

from api import AuthenticatedClient
from api.api.archive_jobs import dataportability_archive_jobs_retry
from api.models import Error, RetryPortabilityArchiveRequest, RetryPortabilityArchiveResponse


def outcome():
    client = AuthenticatedClient(base_url=os.environ["DPCONFORM_ENDPOINT"], token=os.environ["DPCONFORM_TOKEN"])
    message = {} if sys.argv[1:] == ["nothing"] else {"body": RetryPortabilityArchiveRequest()}

    def call(job):
        return dataportability_archive_jobs_retry.sync_detailed(job, client=client, **message)

    if os.environ.get("DPCONFORM_WARM_JOB"):
        # The connection of this call is there for the one after it.
        call(os.environ["DPCONFORM_WARM_JOB"])
    response = call(os.environ["DPCONFORM_JOB"])
    if isinstance(response.parsed, RetryPortabilityArchiveResponse):
        return {"archiveJobId": response.parsed.archive_job_id}
    refused = {"code": int(response.status_code)}
    if isinstance(response.parsed, Error):
        refused |= {"status": response.parsed.error.status, "message": response.parsed.error.message}
    return {"error": refused}


def main():
    try:
        found = outcome()
    except Exception as failed:  # whatever the libraries below it raise
        found = {"error": {"message": f"{type(failed).__name__}: {failed}"}}
    print(json.dumps({"job": os.environ["DPCONFORM_JOB"], **found}))


main()
