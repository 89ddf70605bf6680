import Testing

@testable import Runs

@Suite struct UnitBarsTests {
  @Test func numbersAreShortAtAnySize() {
    #expect(UnitBars.number(0.912) == "0.912" && UnitBars.number(0.00012) == "1.2e−04")
    #expect(UnitBars.number(0) == "0" && UnitBars.number(.nan) == "–")
  }

  @Test func inactiveUnitsFoldWhereTheyAreTheMost() {
    #expect(UnitBars.shown(of: 50, decided: 5) == 16 && UnitBars.shown(of: 50, decided: 24) == 32)
    #expect(UnitBars.shown(of: 50, decided: 25) == 50, "half of them")
    #expect(UnitBars.shown(of: 100, decided: 60) == 68, "a large layer")
    #expect(UnitBars.shown(of: 8, decided: 0) == 8 && UnitBars.shown(of: 20, decided: 9) == 17)
  }
}
