import Foundation
import Testing

@testable import Evidence

/// Rows are saved with the names that their examples have in the data.
@Suite struct ResultsNameTests {
  private let names = (0..<20).map { "cell\($0)-é" }

  private func settings(_ examples: Range<Int>, named: Bool = true) -> ResultsSettings {
    var settings = resultsSettings(examples: examples)
    settings.facts.exampleNames = named ? names : nil
    return settings
  }

  /// The run goes on with more examples than it was begun with.
  @Test func namesComeWithTheRows() throws {
    try withResultsPath { path in
      let first = try Writer(creating: path, settings: settings(3..<7))
      for index in 3..<7 { try first.append(resultsRow(index)) }
      try first.finish()
      #expect(try ResultsFile(reading: path).exampleNames() == Array(names[3..<7]))
      let second = try Writer(resuming: path, settings: settings(3..<12))
      for index in 7..<12 { try second.append(resultsRow(index)) }
      try second.finish()
      #expect(try ResultsFile(reading: path).exampleNames() == Array(names[3..<12]))
      #expect(try bits(ofFile: path) == bits((3..<12).map { resultsRow($0) }))
    }
  }

  @Test func shardsKeepThem() throws {
    try withResultsPath { path in
      let parts = try [8..<10, 4..<8].map { examples in
        let part = path + ".\(examples.lowerBound)"
        let writer = try Writer(creating: part, settings: settings(examples))
        for index in examples { try writer.append(resultsRow(index)) }
        try writer.finish()
        return part
      }
      try ResultsMerge(parts).write(to: path)
      #expect(try ResultsFile(reading: path).exampleNames() == Array(names[4..<10]))
    }
  }

  @Test func dataWithoutNamesHaveNoColumn() throws {
    try withResultsPath { path in
      let writer = try Writer(creating: path, settings: settings(0..<2, named: false))
      for index in 0..<2 { try writer.append(resultsRow(index)) }
      try writer.finish()
      let file = try ResultsFile(reading: path)
      #expect(try file.exampleNames() == nil)
      #expect(try !file.hasColumn("name"))
    }
  }
}
