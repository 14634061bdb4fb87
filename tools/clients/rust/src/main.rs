//! Retries one archive job with reqwest, and prints what came of it, as `dpconform
//! client` asks: retry [nothing|message], with no body or the empty message.

use reqwest::blocking::{Client, Response};
use reqwest::{Certificate, Url};
use serde_json::{json, Value};
use std::env;

type Failure = Box<dyn std::error::Error>;

fn call(client: &Client, job: &str) -> Result<Response, Failure> {
    let mut address = Url::parse(&env::var("DPCONFORM_ENDPOINT")?)?;
    let verb = format!("{job}:retry");
    address.path_segments_mut().map_err(|_| "no base")?.extend(["v1", "archiveJobs", verb.as_str()]);
    let mut request = client.post(address).bearer_auth(env::var("DPCONFORM_TOKEN")?);
    if env::args().nth(1).as_deref() == Some("message") {
        request = request.json(&json!({}));
    }
    Ok(request.send()?)
}

fn outcome(job: &str) -> Result<Value, Failure> {
    let mut builder = Client::builder();
    if let Ok(file) = env::var("DPCONFORM_CA_CERT") {
        builder = builder.tls_certs_only([Certificate::from_pem(&std::fs::read(file)?)?]);
    }
    let client = builder.build()?;
    match env::var("DPCONFORM_WARM_JOB") {
        // The connection of this call is there for the one after it.
        Ok(warm) if !warm.is_empty() => call(&client, &warm)?.bytes().map(drop)?,
        _ => {}
    }
    let response = call(&client, job)?;
    let status = response.status();
    let text = response.text()?;
    if status.is_success() {
        let members: Value = serde_json::from_str(&text)?;
        return Ok(json!({"job": job, "archiveJobId": members["archiveJobId"].as_str().unwrap_or_default()}));
    }
    let members: Value = serde_json::from_str(&text).unwrap_or_default();
    let member = |name: &str| members["error"][name].as_str().unwrap_or_default();
    Ok(json!({"job": job, "error": {"code": status.as_u16(), "status": member("status"), "message": member("message")}}))
}

fn main() {
    let job = env::var("DPCONFORM_JOB").unwrap_or_default();
    let found = outcome(&job).unwrap_or_else(|failed| json!({"job": job, "error": {"message": failed.to_string()}}));
    println!("{found}");
}
