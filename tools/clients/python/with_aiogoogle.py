"""Retries one archive job with aiogoogle, and prints what came of it, as `dpconform client`
asks.

    with_aiogoogle.py [message|nothing]

The discovery document is the one that google-api-python-client has, so that nothing is
downloaded.
"""
import asyncio
import json
import os
import pathlib
import sys

import aiogoogle
import googleapiclient.discovery_cache
from aiogoogle.resource import GoogleAPI


def service():
    documents = pathlib.Path(googleapiclient.discovery_cache.__file__).parent / "documents"
    document = json.loads((documents / "dataportability.v1.json").read_text(encoding="utf-8"))
    document["rootUrl"] = document["baseUrl"] = os.environ["DPCONFORM_ENDPOINT"] + "/"
    return GoogleAPI(document)


async def outcome():
    message = {"json": {}} if sys.argv[1:] != ["nothing"] else {}
    credentials = aiogoogle.auth.creds.UserCreds(
        # Without a time aiogoogle takes the token for expired.
        access_token=os.environ["DPCONFORM_TOKEN"], expires_at="2100-01-01T00:00:00")
    try:
        async with aiogoogle.Aiogoogle(user_creds=credentials) as google:
            answer = await google.as_user(service().archiveJobs.retry(name="archiveJobs/" + os.environ["DPCONFORM_JOB"], **message))
    except aiogoogle.excs.HTTPError as refused:
        response = refused.res
        error = (response.json or {}).get("error", {}) if isinstance(response.json, dict) else {}
        return {"error": {"code": response.status_code, "status": error.get("status", ""), "message": error.get("message", response.reason)}}
    return {"archiveJobId": (answer or {}).get("archiveJobId", "")}


def main():
    try:
        found = asyncio.run(outcome())
    except Exception as failed:  # whatever the libraries below it raise
        found = {"error": {"message": f"{type(failed).__name__}: {failed}"}}
    print(json.dumps({"job": os.environ["DPCONFORM_JOB"], **found}))


main()
