import com.google.api.client.googleapis.json.GoogleJsonResponseException;
import com.google.api.client.googleapis.services.json.AbstractGoogleJsonClient;
import com.google.api.client.googleapis.services.json.AbstractGoogleJsonClientRequest;
import com.google.api.client.http.javanet.NetHttpTransport;
import com.google.api.client.json.GenericJson;
import com.google.api.client.json.gson.GsonFactory;
import com.google.api.client.util.Key;
import com.google.auth.http.HttpCredentialsAdapter;
import com.google.auth.oauth2.AccessToken;
import com.google.auth.oauth2.UserCredentials;
import java.io.FileInputStream;
import java.net.URI;
import java.util.Map;

/**
 * Retries one archive job through Google's client library for Java, and prints what the library
 * reported, as `dpconform client` asks: Retry [message|nothing], with the empty request message or null.
 */
public final class Retry {
  /** What the classes that Google generates for a service consist of: the address and the messages. */
  static final class Service extends AbstractGoogleJsonClient {
    static final class Builder extends AbstractGoogleJsonClient.Builder {
      Builder(NetHttpTransport transport, HttpCredentialsAdapter tokens, String endpoint) {
        super(transport, GsonFactory.getDefaultInstance(), endpoint + "/", "", tokens, false);
        setApplicationName("dpconform-client");
      }

      @Override
      public Service build() {
        return new Service(this);
      }
    }

    Service(Builder builder) {
      super(builder);
    }
  }

  public static final class Answer extends GenericJson {
    @Key String archiveJobId;
  }

  public static final class Call extends AbstractGoogleJsonClientRequest<Answer> {
    @Key String name;

    Call(Service service, String name, GenericJson message) {
      super(service, "POST", "v1/{+name}:retry", message, Answer.class);
      this.name = name;
    }
  }

  public static void main(String[] arguments) throws Exception {
    Map<String, String> environment = System.getenv();
    GenericJson outcome = new GenericJson();
    outcome.setFactory(GsonFactory.getDefaultInstance());
    outcome.set("job", environment.get("DPCONFORM_JOB"));
    try {
      GenericJson message = arguments.length > 0 && arguments[0].equals("nothing") ? null : new GenericJson();
      Service service = service(environment);
      String first = environment.getOrDefault("DPCONFORM_WARM_JOB", "");
      if (!first.isEmpty()) {
        new Call(service, "archiveJobs/" + first, message).execute();
      }
      Answer answer = new Call(service, "archiveJobs/" + environment.get("DPCONFORM_JOB"), message).execute();
      outcome.set("archiveJobId", answer.archiveJobId == null ? "" : answer.archiveJobId);
    } catch (GoogleJsonResponseException refused) {
      GenericJson error = new GenericJson().set("code", refused.getStatusCode()).set("message", refused.getMessage());
      if (refused.getDetails() != null) {
        // The name of the code is among what the library keeps without a member for it.
        error.set("status", refused.getDetails().get("status")).set("message", refused.getDetails().getMessage());
      }
      outcome.set("error", error);
    } catch (Exception failed) {
      outcome.set("error", new GenericJson().set("message", failed.toString()));
    }
    new java.io.PrintStream(System.out, true, "UTF-8").println(outcome);
  }

  /** The tokens of a user, as the library's users hold them: it refreshes by itself after a 401. */
  static Service service(Map<String, String> environment) throws Exception {
    UserCredentials tokens = UserCredentials.newBuilder()
        .setClientId("client").setClientSecret("secret")
        .setTokenServerUri(URI.create(environment.get("DPCONFORM_TOKEN_URL")))
        .setRefreshToken(environment.get("DPCONFORM_REFRESH_TOKEN"))
        .setAccessToken(new AccessToken(environment.get("DPCONFORM_TOKEN"), null)).build();
    NetHttpTransport.Builder transport = new NetHttpTransport.Builder();
    String authority = environment.get("DPCONFORM_CA_CERT");
    if (authority != null && !authority.isEmpty()) {
      transport.trustCertificatesFromStream(new FileInputStream(authority));
    }
    return new Service.Builder(transport.build(), new HttpCredentialsAdapter(tokens), environment.get("DPCONFORM_ENDPOINT")).build();
  }
}
