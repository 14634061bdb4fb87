import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.FileInputStream;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/**
 * Retries one archive job with OkHttp, and prints what came of it, as `dpconform client` asks:
 * OkHttpRetry [nothing|message], with an empty body or the empty message.
 */
public final class OkHttpRetry {
  public static void main(String[] arguments) throws Exception {
    RequestBody body = arguments.length > 0 && arguments[0].equals("message")
        ? RequestBody.create("{}", MediaType.get("application/json")) : RequestBody.create(new byte[0], null);
    JsonObject outcome = new JsonObject();
    outcome.addProperty("job", System.getenv("DPCONFORM_JOB"));
    try {
      OkHttpClient client = client(System.getenv("DPCONFORM_CA_CERT"));
      String warm = System.getenv("DPCONFORM_WARM_JOB");
      if (warm != null && !warm.isEmpty()) {
        // The connection of this call is there for the one after it.
        client.newCall(request(warm, body)).execute().close();
      }
      try (Response response = client.newCall(request(System.getenv("DPCONFORM_JOB"), body)).execute()) {
        report(outcome, response.code(), response.message(), response.body().string());
      }
    } catch (Exception failed) {
      JsonObject error = new JsonObject();
      error.addProperty("message", failed.toString());
      outcome.add("error", error);
    }
    new java.io.PrintStream(System.out, true, "UTF-8").println(outcome);
    // The threads of the connections would wait a minute.
    System.exit(0);
  }

  static Request request(String job, RequestBody body) {
    HttpUrl address = HttpUrl.get(System.getenv("DPCONFORM_ENDPOINT")).newBuilder().addPathSegments("v1/archiveJobs").addPathSegment(job + ":retry").build();
    return new Request.Builder().url(address).header("Authorization", "Bearer " + System.getenv("DPCONFORM_TOKEN")).post(body).build();
  }

  static void report(JsonObject outcome, int code, String reason, String text) {
    if (code / 100 == 2) {
      JsonObject members = JsonParser.parseString(text).getAsJsonObject();
      outcome.addProperty("archiveJobId", members.has("archiveJobId") ? members.get("archiveJobId").getAsString() : "");
      return;
    }
    JsonObject from = new JsonObject();
    try {
      from = JsonParser.parseString(text).getAsJsonObject().getAsJsonObject("error");
    } catch (RuntimeException notJson) {
      // Such as the page of a proxy.
    }
    JsonObject error = new JsonObject();
    error.addProperty("code", code);
    error.addProperty("status", from.has("status") ? from.get("status").getAsString() : "");
    error.addProperty("message", from.has("message") ? from.get("message").getAsString() : reason);
    outcome.add("error", error);
  }

  static OkHttpClient client(String authority) throws Exception {
    OkHttpClient.Builder builder = new OkHttpClient.Builder();
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
      builder.sslSocketFactory(context.getSocketFactory(), (X509TrustManager) managers.getTrustManagers()[0]);
    }
    return builder.build();
  }
}
