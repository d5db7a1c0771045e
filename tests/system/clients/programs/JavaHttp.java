import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Java's own HTTP client with its defaults: a cleartext request asks for an upgrade to HTTP/2 (CASES C1). */
public class JavaHttp {
  static final String VERSION = "2025-11-25";
  static final HttpClient HTTP = HttpClient.newHttpClient();
  static int number = 0;

  static String given(String name) {
    return System.getenv("CLIENT_" + name);
  }

  static synchronized void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  static HttpRequest request(String service, String method, String parameters) {
    String body = "{\"jsonrpc\":\"2.0\",\"id\":" + ++number + ",\"method\":\"" + method + "\",\"params\":" + parameters + "}";
    return HttpRequest.newBuilder(URI.create(given("URL_" + service)))
        .header("Authorization", "Bearer " + given("TOKEN_" + service))
        .header("Content-Type", "application/json")
        .header("Accept", "application/json, text/event-stream")
        .header("MCP-Protocol-Version", VERSION)
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  static String ask(String service, String method, String parameters) throws Exception {
    HttpResponse<String> response = HTTP.send(request(service, method, parameters), BodyHandlers.ofString());
    String text = response.body();
    must(response.statusCode() == 200, response.statusCode() + " " + text);
    must(!text.contains("\"isError\":true") && !text.contains("\"error\":{"), text);
    return text;
  }

  static String call(String service, String tool, String arguments, String more) {
    return "{\"name\":\"" + tool + "\",\"arguments\":" + arguments + more + "}";
  }

  static String tool(String tool, String arguments) throws Exception {
    return ask("ORDERS", "tools/call", call("ORDERS", tool, arguments, ""));
  }

  static void must(boolean condition, String text) {
    if (!condition) throw new IllegalStateException(text.substring(0, Math.min(200, text.length())));
  }

  static int pieces() throws Exception {
    String text = tool("get_inventory", "{\"skus\":[\"" + given("SKU") + "\"]}");
    text = text.substring(text.indexOf("structuredContent"));
    Matcher found = Pattern.compile("\"on_hand\":(-?\\d+)").matcher(text);
    int sum = 0;
    while (found.find()) sum += Integer.parseInt(found.group(1));
    return sum;
  }

  static void confirm() throws Exception {
    int before = pieces();
    String text = tool("adjust_inventory", given("ADJUSTMENT"));
    Matcher code = Pattern.compile("\\b[A-Z]-[0-9A-Z]{4}-[0-9A-Z]{4}\\b").matcher(text);
    must(code.find(), text);
    must(pieces() == before, "the preview changed the stock");
    tool("orders_confirm_action", "{\"code\":\"" + code.group() + "\"}");
    must(pieces() == before + 1, "the stock did not change");
  }

  static void cancel() throws Exception {
    HttpRequest request = request("WEATHER", "tools/call", call("WEATHER", "compare_to_normal", given("COMPARISON"), ""));
    CompletableFuture<HttpResponse<String>> calling = HTTP.sendAsync(request, BodyHandlers.ofString());
    say("{\"calling\":true}");
    System.in.read();
    calling.cancel(true);
    say("{\"cancelled\":true}");
    System.in.read();
  }

  static void run(String cell) throws Exception {
    String order = given("ORDER");
    String reference = "{\"order_id\":\"" + order + "\"}";
    switch (cell) {
      case "list" -> must(ask("ORDERS", "tools/list", "{}").contains("\"issue_refund\""), "issue_refund is not listed");
      case "read" -> must(tool("get_order", reference).contains(order), "another order");
      case "write" -> {
        tool("update_order_notes", "{\"order_id\":\"" + order + "\",\"notes\":\"Seen by Java\"}");
        must(tool("get_order", reference).contains("Seen by Java"), "the note is not there");
      }
      case "confirm" -> confirm();
      case "resource" -> must(ask("ORDERS", "resources/read", "{\"uri\":\"policy://refunds\"}").contains("Refund policy"), "another text");
      case "prompt" -> must(ask("ORDERS", "prompts/get", call("ORDERS", "where_is_my_order", reference, "")).contains(order), "another text");
      case "complete" -> must(
          ask("ORDERS", "completion/complete",
              "{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"exception_review\"},\"argument\":{\"name\":\"status\",\"value\":\"pa\"}}")
              .contains("\"paid\""), "paid is not suggested");
      case "progress" -> {
        String more = ",\"_meta\":{\"progressToken\":1}";
        String text = ask("WEATHER", "tools/call", call("WEATHER", "compare_to_normal", given("COMPARISON"), more));
        must(text.split("notifications/progress", -1).length > 2, "no notifications: " + text);
      }
      case "cancel" -> cancel();
      default -> throw new IllegalArgumentException("unknown cell");
    }
  }

  public static void main(String[] arguments) throws Exception {
    say("{\"version\":\"" + System.getProperty("java.version") + "\"}");
    for (String service : new String[] {"ORDERS", "WEATHER"})
      ask(service, "initialize", "{\"protocolVersion\":\"" + VERSION
          + "\",\"capabilities\":{},\"clientInfo\":{\"name\":\"java-http\",\"version\":\"1\"}}");
    for (String cell : given("CELLS").split(" ")) {
      try {
        run(cell);
        say("{\"cell\":\"" + cell + "\",\"works\":true}");
      } catch (Exception problem) {
        String reason = String.valueOf(problem).replaceAll("[\"\\\\\\s]+", " ");
        say("{\"cell\":\"" + cell + "\",\"reason\":\"" + reason + "\"}");
      }
    }
    System.exit(0);
  }
}
