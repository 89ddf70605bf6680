import Evidence

/// Where the measurements of a run go: into a results file, or nowhere.
final class ResultsSink<Row: ResultRow> {
  private typealias Writer = ResultsWriter<Row>

  /// The rows of an earlier run that is gone on with.
  let restored: RestoredMeasurements<Row>
  private let writer: Writer?
  private let watch: EvaluationWatch
  private var facts: ResultsSettings.Facts
  private var finished: Int
  private let host: any RunHost

  /// Nowhere.
  init(host: any RunHost) {
    self.host = host
    writer = nil
    watch = EvaluationWatch()
    facts = .init()
    restored = RestoredMeasurements()
    finished = 0
  }

  /// Begins the file that is asked for, or goes on with it.
  init(
    _ request: ResultsRequest?, settings: @autoclosure () throws -> ResultsSettings, watch: EvaluationWatch,
    events: RunEvents, host: any RunHost
  ) throws {
    self.host = host
    guard let request else {
      (writer, restored, finished) = (nil, RestoredMeasurements(), 0)
      (self.watch, facts) = (watch, .init())
      return
    }
    let settings = try settings()
    let writer =
      request.resumes
      ? try Writer(resuming: request.path, settings: settings)
      : try Writer(creating: request.path, settings: settings)
    writer.cancellation = host.cancellation
    if !writer.isLocked { events.noteUnlocked(request.path) }
    restored = try writer.restored()
    finished = restored.count
    self.writer = writer
    self.watch = watch
    facts = settings.facts
    host.log("results opened", ["path": request.path, "restored": "\(restored.count)"])
  }

  /// Takes the next row.
  func append(_ row: Row) throws {
    noteFacts()
    try writer?.append(row)
    finished += 1
  }

  /// What rows are saved with: whether grey data were seen by now.
  private func noteFacts() {
    guard let isCrossEntropy = watch.isCrossEntropy, facts.isCrossEntropy != isCrossEntropy else { return }
    facts.isCrossEntropy = isCrossEntropy
    writer?.note(facts)
  }

  /// Runs an evaluation of `count` examples, or what else the rows are of; whatever ends it, what was finished is then on disk.
  ///
  /// - Throws: What `body` throws; where it was cancelled, `RunError.stopped`.
  func saving<Result>(
    of count: Int, _ rows: RunError.Rows = .examples, _ body: () throws -> Result
  ) throws -> Result {
    do {
      let result = try body()
      try writer?.finish()
      return result
    } catch let failure {
      do { try writer?.close() } catch  where failure is CancellationError { throw error }
      guard failure is CancellationError else { throw failure }
      throw stopped(of: count, rows)
    }
  }

  private func stopped(of count: Int, _ rows: RunError.Rows) -> RunError {
    let saved = writer.map {
      RunError.SavedRows(path: $0.path, saved: $0.savedCount, journaled: $0.journaledCount)
    }
    return .stopped(finished: finished, of: count, rows, saved: saved)
  }
}
