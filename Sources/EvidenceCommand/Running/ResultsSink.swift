import Evidence
import Foundation

/// Where the measurements of a run go: into the file of `--output`, or nowhere.
final class ResultsSink {
  private typealias Writer = ResultsWriter<LogLikelihoodMeasurement>

  /// The rows of an earlier run that is gone on with.
  let restored: RestoredMeasurements<LogLikelihoodMeasurement>
  private let writer: Writer?
  private let watch: EvaluationWatch
  private var facts: ResultsSettings.Facts
  private var finished: Int

  /// Nowhere.
  init() {
    writer = nil
    watch = EvaluationWatch()
    facts = .init()
    restored = RestoredMeasurements()
    finished = 0
  }

  /// Begins the file that the options name, or goes on with it.
  init(
    _ options: ResultsOptions, settings: @autoclosure () throws -> ResultsSettings, watch: EvaluationWatch
  ) throws {
    guard let path = options.output else {
      (writer, restored, finished) = (nil, RestoredMeasurements(), 0)
      (self.watch, facts) = (watch, .init())
      return
    }
    let settings = try settings()
    let writer =
      options.resume
      ? try Writer(resuming: path, settings: settings) : try Writer(creating: path, settings: settings)
    writer.cancellation = Interruption.shared.cancellation
    restored = try writer.restored()
    finished = restored.count
    self.writer = writer
    self.watch = watch
    facts = settings.facts
    Log.debug("results opened", ["path": path, "restored": "\(restored.count)"])
  }

  /// Takes the next row.
  func append(_ measurement: LogLikelihoodMeasurement) throws {
    noteFacts()
    try writer?.append(measurement)
    finished += 1
  }

  /// What rows are saved with: whether grey data were seen by now.
  private func noteFacts() {
    guard let isCrossEntropy = watch.isCrossEntropy, facts.isCrossEntropy != isCrossEntropy else { return }
    facts.isCrossEntropy = isCrossEntropy
    writer?.note(facts)
  }

  /// Runs an evaluation of `count` examples; whatever ends it, what was finished is then on disk.
  ///
  /// - Throws: What `body` throws; for a signal, a `CommandError` that says how to go on.
  func saving<Result>(of count: Int, _ body: () throws -> Result) throws -> Result {
    do {
      let result = try body()
      try writer?.finish()
      return result
    } catch let failure {
      do { try writer?.close() } catch  where failure is CancellationError { throw error }
      guard failure is CancellationError else { throw failure }
      throw stopped(of: count)
    }
  }

  private func stopped(of count: Int) -> CommandError {
    let status = Interruption.shared.status ?? .interrupted
    let progress = "stopped after \(finished) of \(count) examples"
    guard let writer else {
      return CommandError(status, progress + "; nothing was saved (--output RESULTS.h5 keeps what is finished)")
    }
    let saved =
      writer.journaledCount == 0
      ? "they are in \(writer.path)"
      : "\(writer.savedCount) are in \(writer.path), and the others beside it until the run goes on"
    return CommandError(
      status, "\(progress); \(saved)\ngo on with: \(ResultsSink.resumingCommandLine(CommandLine.arguments))")
  }

  /// The command line that goes on with a run, to be pasted into a shell.
  static func resumingCommandLine(_ arguments: [String]) -> String {
    let words = arguments.contains("--resume") ? arguments : arguments + ["--resume"]
    return words.map(quoted).joined(separator: " ")
  }

  /// A word as a shell takes it.
  static func quoted(_ word: String) -> String {
    let plain = CharacterSet.alphanumerics.union(CharacterSet(charactersIn: "_-./,:=+@%"))
    if !word.isEmpty && word.unicodeScalars.allSatisfy(plain.contains) { return word }
    return "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
  }
}
