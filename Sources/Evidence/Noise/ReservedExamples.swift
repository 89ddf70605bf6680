/// Numbers of examples that no dataset has, so that what is simulated for another purpose never shares a random number with
/// an example of the data. A dataset's examples have numbers below 2⁴⁰.
enum ReservedExamples {
  /// Simulated to tune an estimator.
  static func tuning(_ number: Int) -> Int { 1 << 40 | number }

  /// Simulated to check an estimator.
  static func checking(_ number: Int) -> Int { 2 << 40 | number }

  /// Simulated for its latents, at which a search for the modes of an example starts.
  static func start(_ start: Int, of example: Int) -> Int { 1 << 56 | example << 6 | start }

  /// An example of the data under another number, for a pilot's draws.
  static func pilot(of example: Int) -> Int { 1 << 57 | example }
}
