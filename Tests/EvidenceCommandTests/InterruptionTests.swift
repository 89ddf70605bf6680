import ArgumentParser
import Evidence
import Foundation
import JSON
import Runs
import TestSupport
import Testing

@testable import EvidenceCommand

@Suite struct InterruptionTests {
  private static let options = ["--samples", "200", "--examples", "..160", "--threads", "2"]

  /// Waits until a results file has at least that many rows.
  private func wait(forRows rows: Int, in path: String, of process: Process) throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while (try? ResultsFile(reading: path).count) ?? -1 < rows {
      try #require(process.isRunning && ContinuousClock.now < deadline, "no \(rows) rows came")
      Thread.sleep(forTimeInterval: 0.005)
    }
  }

  @Test func controlCKeepsWhatWasFinishedAndSaysHowToGoOn() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/results of digits.h5"
      let arguments = ["nll", Repository.digitsModel, Repository.digits, "--output", path] + Self.options
      let running = try Running(.evidence, arguments)
      try wait(forRows: 1, in: path, of: running.process)
      running.process.interrupt()
      let stopped = running.wait()
      #expect(stopped.status == 130)
      #expect(running.process.terminationReason == .exit)
      #expect(stopped.output.isEmpty)
      let saved = try ResultsFile(reading: path).count
      #expect(saved > 0 && saved < 160)
      let lines = stopped.error.split(separator: "\n")
      #expect(lines.first == "evidence: stopped after \(saved) of 160 examples; they are in \(path)")
      #expect(lines.last?.hasSuffix("--output '\(path)' \(Self.options.joined(separator: " ")) --resume") == true)

      let resumed = try Running(.evidence, arguments + ["--resume", "--format", "json"]).wait()
      #expect(resumed.status == 0)
      let whole = try NLLRun(
        NLLCommand.parse([Repository.digitsModel, Repository.digits] + Self.options)
      ).run()
      let likelihood = try #require(NLLJSONTests.object(resumed.output)["logLikelihood"] as? [String: Any])
      // The numbers are the same to the last bit; JSONSerialization reads them to within one unit in the last place.
      let mean = try #require(likelihood["mean"] as? Double)
      #expect(abs(mean - whole.summary.mean) <= mean.ulp)
      #expect(resumed.output.contains("\(whole.summary.mean)"))
      let inspected = try Executable.evidence.run("inspect", path)
      #expect(inspected.output.contains("progress   160 of 160 examples, finished "))
    }
  }

  @Test func terminationHasAStatusOfItsOwn() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/results.h5"
      // Examples of many draws each: none is finished, and the run stops inside one.
      let running = try Running(
        .evidence,
        ["nll", Repository.digitsModel, Repository.digits, "--samples", "10000000", "--output", path])
      try wait(forRows: 0, in: path, of: running.process)
      running.process.terminate()
      let stopped = running.wait()
      #expect(stopped.status == 143)
      #expect(stopped.error.hasPrefix("evidence: stopped after 0 of 599 examples"))
      #expect(try ResultsFile(reading: path).count == 0)
    }
  }

  @Test func commandLinesArePastedIntoAShell() {
    #expect(
      CommandLineText.resuming(["evidence", "nll", "a model.h5", "it's.h5", "--seed", "3"])
        == "evidence nll 'a model.h5' 'it'\\''s.h5' --seed 3 --resume")
    #expect(CommandLineText.resuming(["evidence", "--resume"]) == "evidence --resume")
  }
}
