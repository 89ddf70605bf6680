import Foundation

/// Rows that are not in the results file yet, in a file beside it, `RESULTS.h5.journal`; and the lock of the run.
///
/// A record is a row's words and eight bytes of the SHA-256 of the run's settings and these words, all little-endian.
/// A record that was cut off, or that belongs to other settings, ends the journal.
final class ResultsJournal<Row: ResultRow> {
  let path: String
  /// Whether other runs are kept from writing; not so on a file system without locks.
  let isLocked: Bool
  private let file: Descriptor
  private let settings: ResultsSettings
  private let digest: [UInt8]
  /// Bytes of a record.
  private let recordSize: Int
  private let width: Int
  /// Records that are in the results file already.
  private var skipped = 0
  /// Records that are not.
  private(set) var count = 0
  private var words: [UInt64] = []

  /// Opens the journal of a results file, or makes it, and takes the lock.
  ///
  /// - Throws: `EvidenceError` (`cannotCreateOutput`) where another run has it, `SystemError`.
  init(besides results: String, settings: ResultsSettings) throws {
    path = ResultsPaths.journal(results)
    (file, isLocked) = try Self.openLocked(path, results)
    digest = settings.digest
    width = Row.width(settings)
    self.settings = settings
    recordSize = 8 * (width + 1)
  }

  private static func openLocked(_ path: String, _ results: String) throws -> (Descriptor, isLocked: Bool) {
    while true {
      let file = try Descriptor(opening: path, O_RDWR | O_CREAT | O_NOFOLLOW)
      let lock = try file.lock()
      guard lock != .held else {
        throw EvidenceError(
          .cannotCreateOutput, "\(results): another run is writing to it; wait for that run, or give another output")
      }
      // A run that ended between our opening and our locking has removed the file: it is no longer what others lock.
      if try Descriptor.Identity(at: path) == file.identity { return (file, lock == .taken) }
    }
  }

  /// Forgets every record.
  func removeAll() throws {
    try file.truncate(to: 0)
    skipped = 0
    count = 0
  }

  /// Finds the whole records that follow the rows of the results file, and cuts off what is after them.
  ///
  /// - Parameter next: The number of the first example that is not in the results file.
  func recover(from next: Int) throws {
    skipped = 0
    count = 0
    var expected: Int?
    scan: while true {
      let block = try records(from: skipped + count, atMost: ResultsFile.blockRows)
      if block.isEmpty { break }
      for row in block {
        // A gap between the file and the journal: the journal is of no use.
        if expected == nil, row.index > next { break scan }
        if let expected, row.index != expected { break scan }
        if row.index < next { skipped += 1 } else { count += 1 }
        expected = row.index + 1
      }
    }
    if count == 0 { return try removeAll() }
    try file.truncate(to: (skipped + count) * recordSize)
  }

  /// Adds a row.
  func append(_ row: Row) throws {
    words.removeAll(keepingCapacity: true)
    row.encode(into: &words)
    for position in words.indices { words[position] = words[position].littleEndian }
    words.append(words.withUnsafeBytes { checksum($0) })
    try words.withUnsafeBytes { try file.write($0, at: (skipped + count) * recordSize) }
    count += 1
  }

  /// Waits until the records are on the disk.
  func synchronize() throws { try file.synchronize() }

  /// Some of the rows that are not in the results file.
  func rows(_ range: Range<Int>) throws -> [Row] {
    let rows = try records(from: skipped + range.lowerBound, atMost: range.count)
    guard rows.count == range.count else {
      throw EvidenceError(.inputOutput, "\(path): was damaged by something else while the run went on")
    }
    return rows
  }

  /// Removes the file. The lock stays until this object goes.
  func remove() throws { try Descriptor.remove(path) }

  /// Successive whole records; fewer where the file ends or what follows is none.
  private func records(from position: Int, atMost most: Int) throws -> [Row] {
    var block = [UInt64](repeating: 0, count: most * (width + 1))
    let found = try block.withUnsafeMutableBytes { try file.read(into: $0, at: position * recordSize) }
    var rows: [Row] = []
    for start in stride(from: 0, to: found / recordSize * (width + 1), by: width + 1) {
      let expected = block[start..<start + width].withUnsafeBytes { checksum($0) }
      guard block[start + width] == expected else { break }
      for index in start..<start + width { block[index] = UInt64(littleEndian: block[index]) }
      rows.append(Row(block[start..<start + width], settings))
    }
    return rows
  }

  /// The word that ends a record, as it is in the file.
  private func checksum(_ words: UnsafeRawBufferPointer) -> UInt64 {
    var hash = SHA256()
    hash.update(digest)
    hash.update(words)
    let digest = hash.finalizeWords()
    return (UInt64(digest[0]) << 32 | UInt64(digest[1])).littleEndian
  }
}
