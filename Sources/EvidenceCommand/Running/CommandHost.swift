import Evidence
import Runs
import Training

/// The command as the host of its runs: stopped by signals, watched at a terminal.
struct CommandHost: RunHost {
  /// Whether standard output is for people, who are shown what is known as soon as it is.
  var isForPeople = false

  var cancellation: Cancellation { Interruption.shared.cancellation }

  func evaluate<Result>(_ body: () throws -> Result) throws -> Result {
    try Interruption.shared.whileEvaluating(body)
  }

  func write<Result>(to partial: String, _ body: () throws -> Result) throws -> Result {
    try Interruption.shared.whileWriting(partial, body)
  }

  func expect(threads: Int) { Memory.advise(threads: threads) }

  func expectLongReading() { Isolation.liftReadingLimits() }

  func progress(total: Int, hasMean: Bool) -> any RunProgress { ProgressBar(total: total, hasMean: hasMean) }

  func watchTraining(_ options: TrainingOptions) -> any TrainingWatch { TrainingLine(options) }

  func say(_ decision: RunDecision) {
    switch decision {
    case .model(let path, let number, let count): Console.shared.note("model \(number) of \(count): \(path)")
    case .shard(let shard, let source, let examples, let output):
      let who =
        switch source {
        case .caller: "--shard"
        case .launcher(let name): name
        }
      Console.shared.say(
        "shard \(shard.index) of \(shard.count), as \(who) says: examples \(examples.lowerBound)..\(examples.upperBound)"
          + (output.map { ", in \($0)" } ?? ""), file: output)
    }
  }

  func show(_ text: (any RunWords) -> String) throws -> Bool {
    if isForPeople { try Console.shared.output(text(CommandWords())) }
    return isForPeople
  }

  func log(_ message: String, _ facts: [String: String]) { Log.debug(message, facts) }
}
