import Evidence
import Testing

@testable import Runs

@Suite struct ProcessorTimeTests {
  @Test func aBusyMachineIsNotTakenForASlowOne() {
    // A minute in which one thread worked for six seconds.
    #expect(ProcessorTime.undisturbed(elapsed: 60, worked: 6, threads: 1) == 6)
    // Time that could not be had, or that is another's, changes nothing.
    #expect(ProcessorTime.undisturbed(elapsed: 60, worked: .nan, threads: 1) == 60)
    #expect(ProcessorTime.undisturbed(elapsed: 60, worked: 0, threads: 1) == 60)
    #expect(ProcessorTime.undisturbed(elapsed: 1, worked: 1000, threads: 1) == 1)
  }

  @Test func workCounts() {
    let before = ProcessorTime.ofProcess
    var sum = 0.0
    for term in 1...300_000 { sum += 1 / Double(term) }
    #expect(ProcessorTime.ofProcess > before && sum > 12)
  }
}
