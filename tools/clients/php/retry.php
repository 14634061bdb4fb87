<?php
// Retries one archive job with PHP's curl extension, and prints what came of it, as
// `dpconform client` asks:
//
//     php retry.php [nothing|message]
//
// nothing sends an empty body, message the empty message as JSON.

$job = getenv('DPCONFORM_JOB');
$message = ($argv[1] ?? 'nothing') === 'message';
$curl = curl_init();
curl_setopt_array($curl, [
    CURLOPT_POST => true,
    CURLOPT_POSTFIELDS => $message ? '{}' : '',
    CURLOPT_HTTPHEADER => ['Authorization: Bearer ' . getenv('DPCONFORM_TOKEN'), $message ? 'Content-Type: application/json' : 'Content-Type:'],
    CURLOPT_RETURNTRANSFER => true,
]);
if (getenv('DPCONFORM_CA_CERT')) {
    curl_setopt($curl, CURLOPT_CAINFO, getenv('DPCONFORM_CA_CERT'));
}
if (getenv('DPCONFORM_WARM_JOB')) {
    // The connection of this call is there for the one after it.
    call($curl, getenv('DPCONFORM_WARM_JOB'));
}
$text = call($curl, $job);
$members = is_string($text) ? json_decode($text, true) : null;
$code = curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
$outcome = ['job' => $job];
if ($text === false) {
    $outcome['error'] = ['message' => curl_error($curl)];
} elseif ($code >= 200 && $code < 300) {
    $outcome['archiveJobId'] = $members['archiveJobId'] ?? '';
} else {
    $error = $members['error'] ?? [];
    $outcome['error'] = ['code' => $code, 'status' => $error['status'] ?? '', 'message' => $error['message'] ?? $text];
}
echo json_encode($outcome), "\n";

/** Calls the method, and returns the body of the response, or false. */
function call(CurlHandle $curl, string $job): string|false
{
    curl_setopt($curl, CURLOPT_URL, getenv('DPCONFORM_ENDPOINT') . '/v1/archiveJobs/' . rawurlencode($job) . ':retry');
    return curl_exec($curl);
}
