import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileInputStream;
import java.net.http.HttpClient;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.ArchiveJobsApi;
import org.openapitools.client.model.Error;

/**
 * Retries one archive job through the client that openapi-generator generates from `dpconform spec print
 * --plain`, and prints what the client returned, as `dpconform client` asks: GeneratedRetry
 * [message|nothing], with the empty message or null.
 */
public final class GeneratedRetry {
  public static void main(String[] arguments) throws Exception {
    Object message = arguments.length > 0 && arguments[0].equals("nothing") ? null : Map.of();
    Map<String, Object> outcome = new HashMap<>(Map.of("job", System.getenv("DPCONFORM_JOB")));
    try {
      ArchiveJobsApi jobs = new ArchiveJobsApi(client(System.getenv("DPCONFORM_CA_CERT")));
      String warm = System.getenv("DPCONFORM_WARM_JOB");
      if (warm != null && !warm.isEmpty()) {
        // The connection of this call is there for the one after it, whatever becomes of it.
        try {
          jobs.dataportabilityArchiveJobsRetry(warm, message);
        } catch (ApiException ignored) {
          // Only the outcome of the next call is reported.
        }
      }
      outcome.put("archiveJobId", jobs.dataportabilityArchiveJobsRetry(System.getenv("DPCONFORM_JOB"), message).getArchiveJobId());
    } catch (ApiException failed) {
      outcome.put("error", shown(failed));
    }
    new java.io.PrintStream(System.out, true, "UTF-8").println(new ObjectMapper().writeValueAsString(outcome));
    // The threads of the client would wait.
    System.exit(0);
  }

  /** What the client has of an error: the code and the text of the response, or what went wrong before there was one. */
  static Map<String, Object> shown(ApiException failed) {
    if (failed.getCode() == 0) {
      return Map.of("message", String.valueOf(failed.getMessage()));
    }
    try {
      Error refused = new ApiClient().getObjectMapper().readValue(String.valueOf(failed.getResponseBody()), Error.class);
      return Map.of("code", failed.getCode(), "status", refused.getError().getStatus(), "message", refused.getError().getMessage());
    } catch (JsonProcessingException | NullPointerException notTheError) {
      // Such as the page of a proxy.
      return Map.of("code", failed.getCode(), "message", String.valueOf(failed.getMessage()));
    }
  }

  static ApiClient client(String authority) throws Exception {
    ApiClient client = new ApiClient();
    client.updateBaseUri(System.getenv("DPCONFORM_ENDPOINT"));
    // The client does not know how to get a token: a user's interceptor adds it.
    client.setRequestInterceptor(request -> request.setHeader("Authorization", "Bearer " + System.getenv("DPCONFORM_TOKEN")));
    if (authority != null && !authority.isEmpty()) {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      try (FileInputStream pem = new FileInputStream(authority)) {
        trusted.setCertificateEntry("authority", CertificateFactory.getInstance("X.509").generateCertificate(pem));
      }
      TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      managers.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, managers.getTrustManagers(), null);
      client.setHttpClientBuilder(HttpClient.newBuilder().sslContext(context));
    }
    return client;
  }
}
