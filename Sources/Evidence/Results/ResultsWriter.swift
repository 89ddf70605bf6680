import Foundation
import HDF5

/// Saves results example by example, so that a run that ends at any moment can be gone on with.
///
/// The results file is at every moment a complete HDF5 file: it is replaced as a whole by one that holds more rows. Rows
/// that wait for the next replacement are in a journal beside it. docs/decisions/durable-results.md says what that
/// promises.
///
///     let results = try ResultsWriter<LogLikelihoodMeasurement>(resuming: "results.h5", settings: settings)
///     try evaluation.run(estimator, under: model, on: data, restored: results.restored()) { try results.append($1) }
///     try results.finish()
public final class ResultsWriter<Row: ResultRow> {
  /// The results file, as the caller named it.
  public let path: String
  /// What the results depend on.
  public private(set) var settings: ResultsSettings
  /// Rows that an earlier run had made.
  public let restoredCount: Int
  /// Rows in the results file on disk.
  public private(set) var savedCount: Int
  /// Whether the file says that the run is finished.
  public private(set) var isFinished: Bool
  /// Whether another run is kept from writing to the file meanwhile; not so on a file system without locks.
  public var isLocked: Bool { journal?.isLocked ?? true }
  /// What stops the run. A large file takes seconds to replace: once this is cancelled it is left as it is, and rows
  /// that are not in it stay in the journal.
  public var cancellation: Cancellation?
  /// How long after the cancellation a replacement may go on.
  var grace = Duration.milliseconds(300)
  /// The file itself, where `path` is a link to it.
  private let target: String
  /// Open while rows may still come.
  private var journal: ResultsJournal<Row>?
  /// The results file as it was last saved; also where someone removed it.
  private var snapshot: Descriptor
  /// The file that the run goes on with, until its rows are read.
  private var opened: ResultsFile?
  private var saving = SaveSchedule(now: .now)
  private var synchronizing = SaveSchedule(now: .now)

  /// Begins a results file, without rows yet.
  ///
  /// - Throws: `EvidenceError` (`cannotCreateOutput`) where there is a file already, another run is writing to it, or it
  ///   can't be made.
  public convenience init(creating path: String, settings: ResultsSettings) throws {
    let target = Self.resolve(path)
    let (journal, snapshot) = try Self.begin(path, target, settings)
    self.init(path, target, settings, journal: journal, snapshot: snapshot, restored: 0, isFinished: false)
  }

  /// Goes on with a results file, or begins one where there is none. A finished one is fine: nothing is left to do.
  ///
  /// - Throws: `EvidenceError`: `invalidResults` where it is the file of another model, other data or settings, or no
  ///   results file; `cannotCreateOutput` where another run is writing to it. `HDF5Error` where it can't be read.
  public convenience init(resuming path: String, settings: ResultsSettings) throws {
    let target = Self.resolve(path)
    guard try Self.making(path, { try Self.holdsSomething(path, target) }) else {
      try self.init(creating: path, settings: settings)
      return
    }
    // A finished file may be in a directory where no journal can be made.
    var found = try Self.open(path, target, settings)
    if let found, found.isFinished {
      try Self.tidy(target, settings)
      self.init(path, target, settings, journal: nil, found: found, restored: found.file.count)
      return
    }
    let journal = try Self.making(path) { try ResultsJournal<Row>(besides: target, settings: settings) }
    // Another run may have saved more while this one came to the lock.
    if try found?.snapshot.identity != Descriptor.Identity(at: target) {
      found = try Self.open(path, target, settings)
    }
    guard let found else {
      throw EvidenceError(.inputOutput, "\(path): the file was removed while it was being opened")
    }
    try Self.making(path) {
      try Descriptor.remove(ResultsPaths.partial(target))
      try journal.recover(from: settings.examples.lowerBound + found.file.count)
    }
    self.init(path, target, settings, journal: journal, found: found, restored: found.file.count + journal.count)
    if journal.count > 0 { try saveNow() }
    if isFinished { try close() }
  }

  private convenience init(
    _ path: String, _ target: String, _ settings: ResultsSettings, journal: ResultsJournal<Row>?, found: FoundResults,
    restored: Int
  ) {
    self.init(
      path, target, settings, journal: journal, snapshot: found.snapshot, restored: restored,
      isFinished: found.isFinished, saved: found.file.count)
    opened = found.file
  }

  private init(
    _ path: String, _ target: String, _ settings: ResultsSettings, journal: ResultsJournal<Row>?, snapshot: Descriptor,
    restored: Int, isFinished: Bool, saved: Int? = nil
  ) {
    self.path = path
    self.target = target
    self.settings = settings
    self.journal = journal
    self.snapshot = snapshot
    self.isFinished = isFinished
    restoredCount = restored
    savedCount = saved ?? restored
  }

  deinit {
    // Rows that could not be saved stay in the journal for the next run.
    if let journal, journal.count == 0 { try? journal.remove() }
  }

  /// Rows so far: those saved and those in the journal.
  public var count: Int { savedCount + journaledCount }

  /// The rows that an earlier run had made, in the order of the dataset, read as they are asked for.
  ///
  /// - Throws: `HDF5Error` where they can't be read.
  public func restored() throws -> RestoredMeasurements<Row> {
    guard restoredCount > 0 else { return RestoredMeasurements() }
    // The file as it was opened, unless rows came to it from the journal.
    let file = opened?.count == restoredCount ? opened : nil
    opened = nil
    var rows = try (file ?? ResultsFile(reading: target)).stream(of: Row.self)
    return RestoredMeasurements(count: restoredCount) { try rows.next() }
  }

  /// Rows that are not in the results file, but in the journal beside it: where a run was stopped that had much to save.
  public var journaledCount: Int { journal?.count ?? 0 }

  /// Adds the row of the next example of the range. It is in the journal when this returns, and in the file soon.
  ///
  /// - Throws: `EvidenceError`: `inputOutput` where it can't be written, `invalidResults` where it is not the next row.
  public func append(_ row: Row) throws {
    guard let journal else { throw EvidenceError(.invalidResults, "\(path): the run is finished: no row can follow") }
    let expected = settings.examples.lowerBound + count
    guard row.index == expected, expected < settings.examples.upperBound else {
      throw EvidenceError(.invalidResults, "\(path): expected the row of example \(expected), found \(row.index)")
    }
    if let wrong = row.columnOfWrongWidth(settings) {
      throw EvidenceError(
        .invalidResults,
        "\(path): example \(row.index) has \(wrong.found) numbers in column \(wrong.name), expected \(wrong.expected)")
    }
    do {
      try journal.append(row)
      let now = ContinuousClock.now
      if saving.isDue(rows: journal.count, now: now) {
        try save(finishing: false)
      } else if synchronizing.isDue(rows: journal.count, now: now) {
        try journal.synchronize()
        synchronizing.saved(from: now, to: .now)
      }
    } catch is CancellationError {
      // The run is about to stop, and to close this.
    } catch {
      throw failure(error)
    }
  }

  /// What is known of model and data by now; it is in the file with the next rows that are saved.
  public func note(_ facts: ResultsSettings.Facts) { settings.facts = facts }

  /// Saves every row so far.
  ///
  /// - Throws: `EvidenceError` (`inputOutput`); `CancellationError` where `cancellation` kept the file from being
  ///   replaced.
  public func saveNow() throws {
    guard let journal, journal.count > 0 else { return }
    do { try save(finishing: false) } catch { throw failure(error) }
  }

  /// Saves every row, and says in the file that the run is finished.
  ///
  /// - Throws: `EvidenceError`: `inputOutput`, and `invalidResults` where rows are missing. `CancellationError` as
  ///   `saveNow`.
  public func finish() throws {
    guard !isFinished else { return }
    guard count == settings.examples.count else {
      throw EvidenceError(.invalidResults, "\(path): \(count) of \(settings.examples.count) examples, yet finished")
    }
    do { try save(finishing: true) } catch { throw failure(error) }
    isFinished = true
    try close()
  }

  /// Saves every row and ends the writing, for a run that stops early. Closing twice is harmless.
  ///
  /// Where `cancellation` keeps the file from being replaced, the rows that are not in it are in the journal
  /// (`journaledCount`), for the next run.
  ///
  /// - Throws: `EvidenceError` (`inputOutput`); then, too, the rows that were not saved are in the journal.
  public func close() throws {
    do {
      try saveNow()
    } catch is CancellationError {
      do { return try journal?.synchronize() ?? () } catch { throw failure(error) }
    }
    do { try journal?.remove() } catch { throw failure(error) }
    journal = nil
  }

  private func save(finishing: Bool) throws {
    guard let journal else { return }
    let start = ContinuousClock.now
    snapshot = try ResultsSnapshot<Row>.replace(target, snapshot, adding: journal, settings, finishing: finishing) {
      if cancellation?.isCancelled(since: grace) == true { throw CancellationError() }
    }
    savedCount += journal.count
    try journal.removeAll()
    saving.saved(from: start, to: .now)
    synchronizing.saved(from: .now, to: .now)
  }

  /// What to tell people about rows that could not be saved.
  private func failure(_ error: any Error) -> any Error {
    let reason: String
    switch error {
    case let error as SystemError: reason = "\(error)"
    case let error as HDF5Error: reason = error.message
    default: return error
    }
    let waiting = journal?.count ?? 0
    return EvidenceError(
      .inputOutput,
      "\(path): the results can't be written: \(reason)\n\(savedCount) examples are saved"
        + (waiting > 0 ? ", \(waiting) more are in \(ResultsPaths.journal(path))" : "")
        + "; when the cause is gone, the run can go on", remedies: [.resume])
  }
}
