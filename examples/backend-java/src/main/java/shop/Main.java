package shop;

/** Starts the back end; README.md says what it must be told. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        var options = Options.fromEnvironment();
        new Backend(options, Ticker.wall());
        var at = "http://127.0.0.1:" + options.port();
        System.out.println("rooms: " + at + "/rooms, events: " + at + "/kaibo/events");
    }
}
