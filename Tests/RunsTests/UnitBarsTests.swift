import Testing

@testable import Runs

@Suite struct UnitBarsTests {
  @Test func numbersAreShortAtAnySize() {
    #expect(UnitBars.number(0.912) == "0.912" && UnitBars.number(0.00012) == "1.2e−04")
    #expect(UnitBars.number(0) == "0" && UnitBars.number(.nan) == "–")
  }
}
