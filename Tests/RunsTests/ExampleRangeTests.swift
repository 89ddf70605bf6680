import Testing

@testable import Runs

@Suite struct ExampleRangeTests {
  @Test(
    arguments: [
      ("3..7", 3..<7), ("..7", 0..<7), ("3..", 3..<10), ("0..10", 0..<10), ("..", 0..<10),
    ])
  func ends(text: String, expected: Range<Int>) throws {
    #expect(try ExampleRange(text)?.resolved(count: 10) == expected)
  }

  @Test(arguments: ["3..11", "4..4", "10..", "12.."]) func whatDoesNotFitIsRefused(text: String) throws {
    let range = try #require(ExampleRange(text))
    #expect(throws: RunError.self) { try range.resolved(count: 10) }
  }

  @Test(arguments: ["5", "9..3", "-1..3", "a..b"]) func whatIsNoRange(text: String) {
    #expect(ExampleRange(text) == nil)
  }
}
