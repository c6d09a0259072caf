// The clock of the back end. Another one, with the same two functions, makes a day pass at once.

export const clock = {
  /** Unix milliseconds. */
  now: () => Date.now(),

  /** Runs `work` every `ms` milliseconds; gives a function that ends it. */
  every(ms, work) {
    const timer = setInterval(() => void work(), ms);
    return () => clearInterval(timer);
  },
};
