/// When rows are saved: soon at first, then so seldom that saving takes about a fiftieth of the time.
struct SaveSchedule {
  /// Saving again waits this many times as long as saving took.
  static let patience = 50
  /// Saving again waits at least this long.
  static let shortest = Duration.seconds(2)
  /// Saving again never waits longer, lest one slow write on a busy disk put off the next for an hour.
  static let longest = Duration.seconds(300)
  /// The first rows are saved after this long, or when there are this many.
  static let first = (wait: Duration.seconds(1), rows: 64)

  private var hasSaved = false
  private var last: ContinuousClock.Instant
  private var wait = SaveSchedule.first.wait

  init(now: ContinuousClock.Instant) { last = now }

  /// Whether it is time to save rows that wait.
  func isDue(rows: Int, now: ContinuousClock.Instant) -> Bool {
    guard rows > 0 else { return false }
    if !hasSaved, rows >= SaveSchedule.first.rows { return true }
    return now - last >= wait
  }

  /// Notes that saving began and ended.
  mutating func saved(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) {
    hasSaved = true
    last = end
    wait = min(max(SaveSchedule.shortest, (end - start) * SaveSchedule.patience), SaveSchedule.longest)
  }
}
