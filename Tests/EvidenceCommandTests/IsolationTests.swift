import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import EvidenceCommand

@Suite struct IsolationTests {
  private static let endless = [
    "nll", Repository.digitsModel, Repository.digits, "--samples", "10000000", "--threads", "1",
  ]

  /// The process that a supervisor has started.
  private func child(of supervisor: Process) throws -> pid_t {
    let deadline = ContinuousClock.now + .seconds(60)
    let path = "/proc/\(supervisor.processIdentifier)/task/\(supervisor.processIdentifier)/children"
    while ContinuousClock.now < deadline, supervisor.isRunning {
      let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
      // The variable that tells it what it is comes with its execution.
      if let child = pid_t(text.trimmingCharacters(in: .whitespaces)),
        (try? String(contentsOfFile: "/proc/\(child)/environ", encoding: .utf8))?
          .contains(Isolation.variable + "=") == true
      {
        return child
      }
      Thread.sleep(forTimeInterval: 0.005)
    }
    throw CommandError(.fault, "no child came")
  }

  @Test(arguments: [SIGSEGV, SIGBUS, SIGABRT, SIGFPE])
  func aCrashIsAnErrorInTwoLines(_ signal: Int32) throws {
    let running = try Running(.evidence, Self.endless)
    kill(try child(of: running.process), signal)
    let ended = running.wait()
    #expect(running.process.terminationReason == .exit && ended.status == 65)
    #expect(ended.output.isEmpty)
    let lines = ended.error.split(separator: "\n")
    #expect(lines.count == 2, "\(ended.error)")
    for words in [Repository.digitsModel, Repository.digits, "libhdf5 crashed", "damaged or hostile"] {
      #expect(lines.first?.contains(words) == true, "\(ended.error)")
    }
    #expect(lines.last?.contains("nothing else was harmed") == true)
  }

  /// SIGXCPU is what the limit of time before an evaluation sends.
  @Test func readingWithoutAnEndIsAnErrorInTwoLines() throws {
    #expect(Isolation.timeLimit(bytes: 78_000) == 3 && Isolation.timeLimit(bytes: 1 << 30) == 110)
    let running = try Running(.evidence, Self.endless)
    kill(try child(of: running.process), SIGXCPU)
    let ended = running.wait()
    #expect(running.process.terminationReason == .exit && ended.status == 65)
    #expect(ended.error.contains("without an end: one of the files is damaged"), "\(ended.error)")
    #expect(ended.error.split(separator: "\n").count == 2)
  }

  @Test func aSignalToTheSupervisorStopsTheChildOnce() throws {
    try withTemporaryDirectory { directory in
      let running = try Running(.evidence, Self.endless + ["--output", directory + "/results.h5"])
      while !FileManager.default.fileExists(atPath: directory + "/results.h5"), running.process.isRunning {
        Thread.sleep(forTimeInterval: 0.005)
      }
      running.process.terminate()
      let ended = running.wait()
      #expect(ended.status == 143)
      #expect(ended.error.hasPrefix("evidence: stopped after 0 of 599 examples"), "\(ended.error)")
    }
  }

  @Test func aChildDoesNotOutliveItsSupervisor() throws {
    let running = try Running(.evidence, Self.endless)
    let child = try child(of: running.process)
    kill(running.process.processIdentifier, SIGKILL)
    running.process.waitUntilExit()
    let deadline = ContinuousClock.now + .seconds(20)
    func isRunning() -> Bool {
      let state = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
      return state.map { !$0.contains(") Z ") } ?? false
    }
    while isRunning(), ContinuousClock.now < deadline { Thread.sleep(forTimeInterval: 0.01) }
    #expect(!isRunning())
  }

  @Test func streamsAndStatusPassThrough() throws {
    let plain = try Executable.evidence.run("inspect", Repository.digitsModel, "--format", "json", "--no-isolate")
    let isolated = try Executable.evidence.run("inspect", Repository.digitsModel, "--format", "json")
    #expect(isolated.status == 0 && isolated.output == plain.output && isolated.error == plain.error)
    let missing = try Executable.evidence.run("inspect", "/nowhere.h5")
    #expect(missing.status == 66 && missing.error == "evidence: /nowhere.h5: no such file\n")
  }

  @Test func endsAreJudgedByTheirSignals() {
    #expect(Isolation.verdict(.exit(73), files: ["a.h5"]) == (73, []))
    #expect(Isolation.verdict(.signal(SIGTERM), files: ["a.h5"]) == (143, []))
    let one = Isolation.verdict(.signal(SIGSEGV), files: ["a.h5"])
    #expect(
      one.status == 65
        && one.lines[0] == "a.h5: libhdf5 crashed (SIGSEGV) while this file was read: it is damaged or hostile")
    #expect(Isolation.verdict(.signal(SIGILL), files: ["a.h5"]).status == 70)
    let killed = Isolation.verdict(.signal(SIGKILL), files: ["a.h5"])
    #expect(killed.status == 137 && killed.lines[0].contains("ended from outside (SIGKILL)"))
  }

  @Test func everyCommandThatReadsFilesIsIsolated() throws {
    #expect(try ImportKerasCommand.parse(["a.h5", "-o", "b.h5"]).isolation.isolate)
    #expect(try InspectCommand.parse(["a.h5"]).isolation.isolate)
    #expect(try !InspectCommand.parse(["a.h5", "--no-isolate"]).isolation.isolate)
    #expect(try CompareCommand.parse(["a.h5", "b.h5"]).untrustedFiles == ["a.h5", "b.h5"])
    #expect(try UnitsCommand.parse(["a.h5", "b.h5"]).untrustedFiles == ["a.h5", "b.h5"])
    #expect(try ReportCommand.parse(["a.h5", "-o", "c", "--data", "b.h5"]).untrustedFiles == ["a.h5", "b.h5"])
    // Results that are gone on with are read too.
    let nll = ["a.h5", "b.h5", "--output", Repository.digits]
    #expect(try NLLCommand.parse(nll).untrustedFiles == ["a.h5", "b.h5"])
    #expect(try NLLCommand.parse(nll + ["--resume"]).untrustedFiles == ["a.h5", "b.h5", Repository.digits])
    #expect(CommandList.subcommands.filter { !($0 is any IsolatedCommand.Type) }.count == 3)
  }
}
