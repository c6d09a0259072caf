package shop;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** The back end on a clock of which an hour passes with each line that is read; each is answered with a line. */
public final class HourByHour implements Ticker {
    private long now;
    private Runnable hourly;

    private HourByHour(long now) {
        this.now = now;
    }

    @Override
    public long now() {
        return now;
    }

    @Override
    public Runnable every(Duration period, Runnable work) {
        hourly = work;
        return () -> hourly = null;
    }

    /** The one argument: what the clock shows at first, in Unix milliseconds. */
    public static void main(String[] arguments) throws Exception {
        var clock = new HourByHour(Long.parseLong(arguments[0]));
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var backend = new Backend(Options.fromEnvironment(), clock);
        System.out.println("ready");
        while (lines.readLine() != null) {
            clock.now += Duration.ofHours(1).toMillis();
            clock.hourly.run();
            System.out.println("passed");
        }
        backend.close();
    }
}
