import Foundation
import HDF5
import Testing

@testable import Evidence

@Suite struct ResultsWriterTests {
  let rows = (3..<203).map { resultsRow($0) }

  @Test func roundTripToTheBit() throws {
    try withResultsPath { path in
      var settings = resultsSettings()
      settings.seed = .max
      let writer = try Writer(creating: path, settings: settings)
      for row in rows { try writer.append(row) }
      try writer.finish()
      #expect(writer.isFinished && writer.savedCount == 200)
      let file = try ResultsFile(reading: path)
      #expect(file.settings == settings)
      #expect(file.finished != nil && file.count == 200)
      #expect(try bits(ofFile: path) == bits(rows))
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory(path)) == ["results.h5"])
    }
  }

  @Test func withoutCurve() throws {
    try withResultsPath { path in
      let settings = resultsSettings(examples: 0..<3, curve: [])
      let writer = try Writer(creating: path, settings: settings)
      for index in 0..<3 { try writer.append(resultsRow(index, curve: 0)) }
      try writer.finish()
      #expect(try ResultsFile(reading: path).settings == settings)
      #expect(try bits(ofFile: path) == bits((0..<3).map { resultsRow($0, curve: 0) }))
    }
  }

  @Test(arguments: [0, 1, 63, 64, 130, 200]) func resumedEqualsUninterrupted(stop: Int) throws {
    try withResultsPath { path in
      let settings = resultsSettings()
      let first = try Writer(creating: path, settings: settings)
      for row in rows[..<stop] { try first.append(row) }
      try first.close()
      #expect(try ResultsFile(reading: path).count == stop)
      let second = try Writer(resuming: path, settings: settings)
      #expect(second.restoredCount == stop && second.savedCount == stop)
      #expect(bits(try all(second.restored())) == bits(Array(rows[..<stop])))
      for row in rows[stop...] { try second.append(row) }
      try second.finish()
      #expect(try bits(ofFile: path) == bits(rows))
    }
  }

  /// At every moment the file is whole, and holds what is said to be saved.
  @Test func alwaysValid() throws {
    try withResultsPath { path in
      let writer = try Writer(creating: path, settings: resultsSettings())
      for (position, row) in rows.enumerated() {
        try writer.append(row)
        if position % 11 == 0 { try writer.saveNow() }
        let file = try ResultsFile(reading: path)
        #expect(file.count == writer.savedCount && file.finished == nil)
        #expect(
          bits(try file.rows(0..<file.count, of: LogLikelihoodMeasurement.self)) == bits(Array(rows[..<file.count])))
      }
      #expect(writer.count == 200 && writer.savedCount == 199)
    }
  }

  @Test func finishedIsFineToResume() throws {
    try withResultsPath { path in
      let settings = resultsSettings(examples: 0..<2)
      let first = try Writer(creating: path, settings: settings)
      for index in 0..<2 { try first.append(resultsRow(index)) }
      try first.finish()
      let journal = FileManager.default.createFile(atPath: path + ".journal", contents: Data())
      #expect(journal)
      let again = try Writer(resuming: path, settings: settings)
      #expect(again.isFinished && again.restoredCount == 2)
      try again.finish()
      try again.close()
      #expect(try refusal { try again.append(resultsRow(2)) }.code == .invalidResults)
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory(path)) == ["results.h5"])
    }
  }

  /// A row doesn't depend on the range: a run is gone on with over more examples, also once it is finished.
  @Test(arguments: [false, true]) func theRangeMayGrow(isFinished: Bool) throws {
    try withResultsPath { path in
      let first = try Writer(
        creating: path, settings: resultsSettings(examples: 3..<5))
      for index in 3..<(isFinished ? 5 : 4) { try first.append(resultsRow(index)) }
      if isFinished { try first.finish() } else { try first.close() }
      let second = try Writer(
        resuming: path, settings: resultsSettings(examples: 3..<7))
      #expect(second.restoredCount == (isFinished ? 2 : 1) && !second.isFinished)
      for index in second.restoredCount + 3..<6 { try second.append(resultsRow(index)) }
      try second.close()
      let unfinished = try ResultsFile(reading: path)
      #expect(unfinished.settings.examples == 3..<7 && unfinished.finished == nil)
      let third = try Writer(
        resuming: path, settings: resultsSettings(examples: 3..<7))
      try third.append(resultsRow(6))
      try third.finish()
      #expect(try bits(ofFile: path) == bits((3..<7).map { resultsRow($0) }))
      #expect(try ResultsFile(reading: path).finished != nil)
    }
  }

  /// A row of a person's own declares its columns, and the writer, the journal and the reader take it.
  @Test func rowsOfAnyKind() throws {
    try withResultsPath { path in
      var settings = resultsSettings(examples: 0..<3, curve: [])
      settings.labels["parts"] = [7, 9]
      let rows = (0..<3).map { OwnRow(index: $0, count: 10 * $0, value: Double($0) / 3, parts: [Double($0), -0.0]) }
      let first = try ResultsWriter<OwnRow>(creating: path, settings: settings)
      try first.append(rows[0])
      #expect(throws: EvidenceError.self) { try first.append(OwnRow(index: 1)) }
      try first.close()
      let second = try ResultsWriter<OwnRow>(resuming: path, settings: settings)
      #expect(try second.restored().next() == rows[0])
      for row in rows[1...] { try second.append(row) }
      try second.finish()
      let file = try ResultsFile(reading: path)
      #expect(file.settings == settings)
      #expect(try file.rows(0..<3) == rows)
      // Another kind of row has other columns.
      #expect(throws: (any Error).self) { try file.rows(0..<3, of: LogLikelihoodMeasurement.self) }
    }
  }

  @Test func resumingNothingBegins() throws {
    try withResultsPath { path in
      let writer = try Writer(resuming: path, settings: resultsSettings())
      #expect(writer.restoredCount == 0)
      #expect(try writer.restored().count == 0)
      #expect(try ResultsFile(reading: path).count == 0)
    }
  }

  @Test func orderIsKept() throws {
    try withResultsPath { path in
      let writer = try Writer(creating: path, settings: resultsSettings())
      #expect(try refusal { try writer.append(resultsRow(4)) }.code == .invalidResults)
      #expect(try refusal { try writer.append(resultsRow(3, curve: 2)) }.code == .invalidResults)
      try writer.append(resultsRow(3))
      #expect(try refusal { try writer.append(resultsRow(3)) }.code == .invalidResults)
      #expect(try refusal { try writer.finish() }.description.contains("1 of 200"))
    }
  }

  @Test func scheduleKeepsTheCostLow() {
    let start = ContinuousClock.now
    var schedule = SaveSchedule(now: start)
    #expect(!schedule.isDue(rows: 0, now: start + .seconds(100)))
    #expect(!schedule.isDue(rows: 63, now: start + .milliseconds(999)))
    #expect(schedule.isDue(rows: 64, now: start))
    #expect(schedule.isDue(rows: 1, now: start + .seconds(1)))
    schedule.saved(from: start, to: start + .milliseconds(1))
    #expect(!schedule.isDue(rows: 1000, now: start + .milliseconds(2000)))
    #expect(schedule.isDue(rows: 1, now: start + .milliseconds(2001)))
    schedule.saved(from: start, to: start + .seconds(1))
    #expect(!schedule.isDue(rows: 1_000_000, now: start + .seconds(50)))
    #expect(schedule.isDue(rows: 1, now: start + .seconds(51)))
    schedule.saved(from: start, to: start + .seconds(1000))
    #expect(schedule.isDue(rows: 1, now: start + .seconds(1300)))
  }

  private func directory(_ path: String) -> String { (path as NSString).deletingLastPathComponent }
}

/// A measurement of a person's own estimator.
private struct OwnRow: ResultRow, Equatable {
  var index: Int
  var count = 0
  var value = Double.nan
  var parts: [Double] = []

  init(index: Int) { self.index = index }

  init(index: Int, count: Int, value: Double, parts: [Double]) {
    (self.index, self.count, self.value, self.parts) = (index, count, value, parts)
  }

  static var columns: [ResultColumn<OwnRow>] {
    [.count("count", \.count), .number("value", \.value), .numbers("parts", \.parts)]
  }
}
