import Foundation
import Testing

@testable import Evidence

/// What a run that ended at any moment leaves in its journal.
@Suite struct ResultsJournalTests {
  let settings = resultsSettings()

  /// The bytes of a journal with the rows of some examples.
  private func journal(_ path: String, _ examples: Range<Int>) throws -> Data {
    let journal = try Journal(besides: path, settings: settings)
    try journal.removeAll()
    for index in examples { try journal.append(resultsRow(index)) }
    return try Data(contentsOf: URL(filePath: journal.path))
  }

  /// The examples that are found in some bytes.
  private func recovered(_ path: String, _ bytes: Data, next: Int, _ settings: ResultsSettings) throws -> [Int] {
    try bytes.write(to: URL(filePath: ResultsPaths.journal(path)))
    let journal = try Journal(besides: path, settings: settings)
    try journal.recover(from: next)
    let rows = try journal.rows(0..<journal.count)
    #expect(bits(rows) == bits(rows.map { resultsRow($0.index) }))
    return rows.map(\.index)
  }

  @Test func cutAtEveryByte() throws {
    try withResultsPath { path in
      let whole = try journal(path, 3..<7)
      let record = whole.count / 4
      for length in 0...whole.count {
        let found = try recovered(path, whole.prefix(length), next: 3, settings)
        #expect(found == Array(3..<3 + length / record))
      }
    }
  }

  @Test func wrongAtEveryByte() throws {
    try withResultsPath { path in
      let whole = try journal(path, 3..<6)
      let record = whole.count / 3
      for position in whole.indices {
        var bytes = whole
        bytes[position] ^= 0x40
        #expect(try recovered(path, bytes, next: 3, settings) == Array(3..<3 + position / record))
      }
    }
  }

  /// A power loss may leave a file of the right length that holds zeros.
  @Test func zerosAreNoRecords() throws {
    try withResultsPath { path in
      let whole = try journal(path, 3..<5)
      #expect(try recovered(path, whole + Data(count: 1000), next: 3, settings) == [3, 4])
      #expect(try recovered(path, Data(count: 1000), next: 3, settings) == [])
    }
  }

  @Test func recordsOfSavedRowsAreSkipped() throws {
    try withResultsPath { path in
      let whole = try journal(path, 3..<7)
      #expect(try recovered(path, whole, next: 5, settings) == [5, 6])
      #expect(try recovered(path, whole, next: 7, settings) == [])
      // Rows are missing between the file and the journal.
      #expect(try recovered(path, whole, next: 2, settings) == [])
    }
  }

  @Test func recordsOfOtherSettingsAreNone() throws {
    try withResultsPath { path in
      let whole = try journal(path, 3..<7)
      var other = settings
      other.seed += 1
      #expect(try recovered(path, whole, next: 3, other) == [])
    }
  }

  /// A run that ended without a word at any row is gone on with from that row.
  @Test(arguments: [1, 40, 64, 70]) func abandonedRunGoesOn(stop: Int) throws {
    try withResultsPath { path in
      do {
        let writer = try Writer(creating: path, settings: settings)
        for index in 3..<3 + stop { try writer.append(resultsRow(index)) }
      }
      // A kill in the middle of a record.
      let journal = URL(filePath: ResultsPaths.journal(path))
      if let bytes = try? Data(contentsOf: journal) { try (bytes + Data(count: 20)).write(to: journal) }
      let writer = try Writer(resuming: path, settings: settings)
      #expect(writer.restoredCount == stop && writer.savedCount == stop)
      for index in 3 + stop..<203 { try writer.append(resultsRow(index)) }
      try writer.finish()
      #expect(try bits(ofFile: path) == bits((3..<203).map { resultsRow($0) }))
    }
  }
}
