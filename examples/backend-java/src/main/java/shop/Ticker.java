package shop;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** The clock of the back end. Another one makes a day pass at once. */
public interface Ticker {
    /** Unix milliseconds. */
    long now();

    /** Runs {@code work} every so often; gives what ends it. */
    Runnable every(Duration period, Runnable work);

    /** The wall's clock. */
    static Ticker wall() {
        return new Ticker() {
            @Override
            public long now() {
                return System.currentTimeMillis();
            }

            @Override
            public Runnable every(Duration period, Runnable work) {
                var timer = Executors.newSingleThreadScheduledExecutor(Ticker::daemon);
                timer.scheduleAtFixedRate(work, period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
                return timer::shutdown;
            }
        };
    }

    private static Thread daemon(Runnable work) {
        var thread = new Thread(work, "hourly");
        thread.setDaemon(true);
        return thread;
    }
}
