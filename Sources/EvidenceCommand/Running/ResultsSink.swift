import Evidence
import Foundation

/// Where the measurements of a run go: into the file of `--output`, or nowhere.
final class ResultsSink {
  /// The rows of an earlier run that is gone on with.
  let restored: RestoredMeasurements<LogLikelihoodMeasurement>
  private let writer: ResultsWriter<LogLikelihoodMeasurement>?
  private var finished: Int

  /// Nowhere.
  init() {
    writer = nil
    restored = RestoredMeasurements()
    finished = 0
  }

  /// Begins the file that the options name, or goes on with it.
  init(_ options: ResultsOptions, settings: ResultsSettings) throws {
    writer = try options.output.map {
      options.resume
        ? try ResultsWriter(resuming: $0, settings: settings) : try ResultsWriter(creating: $0, settings: settings)
    }
    writer?.cancellation = Interruption.shared.cancellation
    restored = try writer?.restored() ?? RestoredMeasurements()
    finished = restored.count
    if let writer { Log.debug("results opened", ["path": writer.path, "restored": "\(restored.count)"]) }
  }

  /// Takes the next row.
  func append(_ measurement: LogLikelihoodMeasurement) throws {
    try writer?.append(measurement)
    finished += 1
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
