import Testing

@testable import Evidence

/// Runs are cut into parts that take as long as each other.
@Suite struct ExampleCostsTests {
  @Test func partsCostTheSame() throws {
    // Ten examples of 1 s, then five of 10 s: 60 s in all.
    let costs = try ExampleCosts(first: 100, seconds: Array(repeating: 1, count: 10) + Array(repeating: 10, count: 5))
    #expect(costs.parts(of: 100..<115, count: 3) == [100..<111, 111..<113, 113..<115])
    #expect(costs.parts(of: 100..<115, count: 1) == [100..<115])
  }

  @Test func unknownExamplesCostTheMean() throws {
    let costs = try ExampleCosts(seconds: [2, .nan, 4])
    // 2, 3, 4, and 3 for each of those that were not measured.
    #expect(costs.parts(of: 0..<6, count: 2) == [0..<3, 3..<6])
    #expect(costs.parts(of: 50..<54, count: 2) == [50..<52, 52..<54])
  }

  @Test(arguments: 1...7) func everyPartHasAnExample(count: Int) throws {
    // One example that takes all the time does not leave the other parts empty.
    let costs = try ExampleCosts(seconds: [0, 0, 0, 1000, 0, 0, 0])
    let parts = costs.parts(of: 0..<7, count: count)
    #expect(parts.count == count && parts.allSatisfy { !$0.isEmpty })
    #expect(parts.flatMap(Array.init) == Array(0..<7))
  }

  @Test func morePartsThanExamplesLeaveSomeEmpty() throws {
    let parts = try ExampleCosts(seconds: [1, 1]).parts(of: 0..<2, count: 4)
    #expect(parts.flatMap(Array.init) == [0, 1] && parts.count == 4)
  }

  @Test func timesAreNeeded() throws {
    #expect(try refusal { _ = try ExampleCosts(seconds: [.nan, 0]) }.message == "no example has a time above 0")
  }

  @Test func timesComeFromResults() throws {
    try withResultsPath { path in
      let writer = try Writer(creating: path, settings: resultsSettings(examples: 3..<6))
      for (index, seconds) in zip(3..<6, [0.5, 0.25, 0.25]) {
        var row = resultsRow(index)
        row.seconds = seconds
        try writer.append(row)
      }
      try writer.finish()
      #expect(try ExampleCosts(reading: path).parts(of: 3..<6, count: 2) == [3..<4, 4..<6])
    }
  }
}
