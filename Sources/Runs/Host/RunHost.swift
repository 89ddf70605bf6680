package import Evidence
import Foundation
package import Training

/// What whoever starts a run hands in: how it is stopped, who watches its progress, and where it is logged.
///
/// Nothing is asked for: a host that implements nothing lets a run end when it ends, and says nothing.
package protocol RunHost: Sendable {
  /// Stops what takes long.
  var cancellation: Cancellation { get }

  /// Runs what takes long, once the files are open. From here on `cancellation` stops it cleanly.
  func evaluate<Result>(_ body: () throws -> Result) throws -> Result

  /// Runs what writes a file under a name that isn't its own yet. However it ends, no file of that name is left.
  func write<Result>(to partial: String, _ body: () throws -> Result) throws -> Result

  /// So many threads will evaluate.
  func expect(threads: Int)

  /// Reading may take long from here on, as of compressed values.
  func expectLongReading()

  /// Watches the progress over `total` examples.
  ///
  /// - Parameter hasMean: Whether the values that it is told have a mean worth showing.
  func progress(total: Int, hasMean: Bool) -> any RunProgress

  /// Watches a training run.
  func watchTraining(_ options: TrainingOptions) -> any TrainingWatch

  /// What a run decided by itself, before it begins.
  func say(_ decision: RunDecision)

  /// Shows what is known of an outcome before the rest of it, which takes long; false where that is not wanted, so that the
  /// outcome has to say all.
  func show(_ text: (any RunWords) -> String) throws -> Bool

  /// What is being done, for somebody who wonders.
  func log(_ message: String, _ facts: [String: String])
}

/// How far a run is.
package protocol RunProgress: AnyObject {
  /// One more example, which an earlier run had finished.
  func restore(_ value: Double)
  /// One more example.
  func advance(by value: Double)
  /// No more come.
  func end()
}

/// What a run decides by itself.
package enum RunDecision: Sendable {
  /// Which of several models comes next.
  case model(String, number: Int, of: Int)
  /// Which part of the examples it evaluates, who says so, and into which file its rows go.
  case shard(Shard, source: Launcher.Source, examples: Range<Int>, output: String?)
}

extension RunHost {
  package var cancellation: Cancellation { Cancellation() }
  package func evaluate<Result>(_ body: () throws -> Result) throws -> Result { try body() }
  package func write<Result>(to partial: String, _ body: () throws -> Result) throws -> Result {
    defer { try? FileManager.default.removeItem(atPath: partial) }
    return try body()
  }
  package func expect(threads: Int) {}
  package func expectLongReading() {}
  package func progress(total: Int, hasMean: Bool) -> any RunProgress { Unwatched() }
  package func watchTraining(_ options: TrainingOptions) -> any TrainingWatch { UnwatchedTraining() }
  package func show(_ text: (any RunWords) -> String) throws -> Bool { false }
  package func say(_ decision: RunDecision) {}
  package func log(_ message: String, _ facts: [String: String]) {}
}

/// Progress that nobody watches.
private final class Unwatched: RunProgress {
  func restore(_ value: Double) {}
  func advance(by value: Double) {}
  func end() {}
}
