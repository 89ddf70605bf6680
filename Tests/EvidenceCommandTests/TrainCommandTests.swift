import Evidence
import Foundation
import ModelFile
import TestSupport
import Testing

@testable import EvidenceCommand

@Suite struct TrainCommandTests {
  /// A small model of the bundled digits.
  private static let architecture =
    #"{"latents": [3], "encoder": [{"hidden": [12]}], "decoder": [{"hidden": [12]}]}"#

  /// The arguments of a run, its files in a directory.
  private func arguments(_ directory: String, _ more: String...) throws -> [String] {
    let architecture = directory + "/architecture.json"
    try Self.architecture.write(toFile: architecture, atomically: true, encoding: .utf8)
    return [
      "train", Repository.digits, "-o", directory + "/model.h5", "--architecture", architecture, "--divide-by", "16",
      "--binarize", "bernoulli", "--objective", "iwae", "--samples", "3", "--validation", "500..599", "--threads", "2",
      "--learning-rate", "0.01",
    ] + more
  }

  private func run(_ arguments: [String]) throws -> Executable.Outcome { try Running(.evidence, arguments).wait() }

  @Test func whatIsTrainedIsWhatNLLTakes() throws {
    try withTemporaryDirectory { directory in
      let trained = try run(try arguments(directory, "--epochs", "3", "--format", "json"))
      #expect(trained.status == 0, "\(trained.error)")
      let json = try NLLJSONTests.object(trained.output)
      let history = try #require(json["history"] as? [[String: Any]])
      let bounds = history.compactMap { $0["bound"] as? Double }
      #expect(bounds.count == 3 && bounds[2] > bounds[0])
      #expect((history[2]["validation"] as? Double).map { $0 < 0 } == true)
      let model = try ModelFile.read(directory + "/model.h5").description
      #expect(model.input.divideBy == 16 && model.input.binarize == .bernoulli)
      let evaluated = try run(["nll", directory + "/model.h5", Repository.digits, "--samples", "3", "--format", "json"])
      #expect(evaluated.status == 0, "\(evaluated.error)")

      // The encoder is refitted; the decoder keeps its bits.
      let refitted = try run([
        "train", Repository.digits, "-o", directory + "/refitted.h5", "--from", directory + "/model.h5", "--objective",
        "wake", "--epochs", "1", "--quiet",
      ])
      #expect(refitted.status == 0 && refitted.error.isEmpty, "\(refitted.error)")
      let other = try ModelFile.read(directory + "/refitted.h5").description
      #expect(other.decoders == model.decoders && other.encoders != model.encoders)
    }
  }

  @Test func aRunThatIsKilledGoesOnToTheSameBits() throws {
    try withTemporaryDirectory { directory in
      let whole = directory + "/whole"
      let part = directory + "/part"
      for path in [whole, part] {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      }
      #expect(try run(try arguments(whole, "--epochs", "30")).status == 0)
      let options = ["--epochs", "30", "--checkpoint-seconds", "0.02"]
      let running = try Running(.evidence, try arguments(part) + options + ["--no-isolate"])
      let deadline = ContinuousClock.now + .seconds(60)
      while !FileManager.default.fileExists(atPath: part + "/model.h5") {
        try #require(running.process.isRunning && ContinuousClock.now < deadline, "no checkpoint came")
        Thread.sleep(forTimeInterval: 0.005)
      }
      kill(running.process.processIdentifier, SIGKILL)
      _ = running.wait()
      let resumed = try run(try arguments(part) + options + ["--resume", "--threads", "1"])
      #expect(resumed.status == 0, "\(resumed.error)")
      #expect(try ModelFile.read(part + "/model.h5").description == ModelFile.read(whole + "/model.h5").description)
    }
  }

  @Test func controlCKeepsTheWeightsAndSaysHowToGoOn() throws {
    try withTemporaryDirectory { directory in
      let running = try Running(
        .evidence, try arguments(directory, "--epochs", "100000", "--checkpoint-seconds", "0.02"))
      let deadline = ContinuousClock.now + .seconds(60)
      while !FileManager.default.fileExists(atPath: directory + "/model.h5") {
        try #require(running.process.isRunning && ContinuousClock.now < deadline, "no checkpoint came")
        Thread.sleep(forTimeInterval: 0.005)
      }
      running.process.interrupt()
      let stopped = running.wait()
      #expect(stopped.status == 130)
      #expect(stopped.error.contains("of 100000 epochs; the weights are saved") && stopped.error.contains("--resume"))
      #expect(FileManager.default.fileExists(atPath: directory + "/model.h5.checkpoint"))
      // A second run doesn't begin over it unasked.
      let again = try run(try arguments(directory))
      #expect(again.status == 73 && again.error.contains("go on with it by --resume"))
    }
  }

  /// What a model file says of its weights is not said of new ones.
  @Test func aTrainedModelHasNoneOfTheOthersHistory() throws {
    try withTemporaryDirectory { directory in
      let model = directory + "/m.h5"
      func description(_ start: String) throws -> String {
        let trained = try run([
          "train", Repository.digits, start, Repository.digitsModel, "--examples", "..30", "--validation", "20..599",
          "--epochs", "1", "-o", model, "--force", "--format", "json",
        ])
        #expect(trained.status == 0 && trained.output.contains("\"examples\": 20,"), "\(trained.error)")
        return try run(["inspect", model]).output
      }
      let like = try description("--like")
      #expect(!like.contains("Digits, two-layer IWAE") && !like.contains("1198"))
      let from = try description("--from")
      #expect(from.contains("trained from Digits, two-layer IWAE") && !from.contains("1198"))
    }
  }

  @Test func whatCannotBeTrainedIsSaid() throws {
    try withTemporaryDirectory { directory in
      let diverging = try run(try arguments(directory, "--epochs", "9", "--learning-rate", "1e9"))
      #expect(diverging.status == 65 && diverging.error.contains("training diverged at epoch 1"), "\(diverging.error)")
      #expect(!FileManager.default.fileExists(atPath: directory + "/model.h5"))

      let shape = try run([
        "train", Repository.digits, "-o", directory + "/m.h5", "--like", Repository.digitsModel, "--validation",
        "0..599",
      ])
      #expect(shape.status == 65 && shape.error.contains("no examples to train on"), "\(shape.error)")
      let frozen = try run(["train", Repository.digits, "-o", directory + "/m.h5", "--freeze", "decoder"])
      #expect(frozen.status == 64 && frozen.error.contains("--from MODEL.h5"))
      let scale = try run(["train", Repository.digits, "-o", directory + "/m.h5", "--epochs", "1"])
      #expect(scale.status == 65 && scale.error.contains("--divide-by"), "\(scale.error)")
      let folder = try run(["train", Repository.digits, "-o", directory + "/none/m.h5"])
      #expect(folder.status == 73)
      let json = try run(
        try arguments(directory).map { $0.hasSuffix("architecture.json") ? Repository.digits : $0 })
      #expect(json.status == 65 && json.error.contains("not an architecture"), "\(json.error)")
    }
  }

  /// A limit on the size of files fails as a full disk does.
  @Test func aFullDiskKeepsTheLastCheckpoint() throws {
    try withTemporaryDirectory { directory in
      let all = try arguments(directory, "--no-isolate")
      #expect(try run(all + ["--epochs", "1"]).status == 0)
      let checkpoint = URL(filePath: directory + "/model.h5.checkpoint")
      let before = try Data(contentsOf: checkpoint)
      let shell = Process()
      shell.executableURL = URL(filePath: "/bin/sh")
      shell.arguments =
        ["-c", "ulimit -f 1; exec \"$@\"", "sh", Executable.evidence.url.path] + all + ["--resume", "--epochs", "2"]
      let error = Pipe()
      shell.standardError = error
      shell.standardOutput = FileHandle.nullDevice
      try shell.run()
      let text = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      shell.waitUntilExit()
      #expect(shell.terminationStatus == 74 && text.contains("the checkpoint can't be written"), "\(text)")
      #expect(try Data(contentsOf: checkpoint) == before)
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory).allSatisfy { !$0.contains("partial") })
    }
  }
}
