import ArgumentParser
import Foundation
import HDF5
import Runs
import TestSupport
import Testing

@testable import EvidenceCommand

/// Each way in which the input can be wrong: the status, and words that the message must have.
@Suite struct BadInputTests {
  struct Case: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let status: CommandStatus
    /// All of these are in the message.
    let words: [String]
    var options: [String] = []
    /// Makes `model.h5` and `data.h5` in a directory, or fails to.
    let make: @Sendable (_ directory: String) throws -> Void

    init(
      _ name: String, _ status: CommandStatus, _ words: [String], options: [String] = [],
      make: @escaping @Sendable (String) throws -> Void
    ) {
      testDescription = name
      self.status = status
      self.words = words
      self.options = options
      self.make = make
    }

    /// A good dataset beside a model with something wrong.
    static func model(_ name: String, _ words: [String], _ change: @escaping @Sendable (inout SmallModel) -> Void)
      -> Case
    {
      Case(name, .invalidInput, ["model.h5"] + words) { directory in
        var model = SmallModel()
        change(&model)
        try model.write(to: directory + "/model.h5")
        try writeData(binaryRows, to: directory + "/data.h5")
      }
    }

    /// A good model beside data with something wrong.
    static func data(
      _ name: String, _ words: [String], options: [String] = [],
      _ make: @escaping @Sendable (_ path: String) throws -> Void
    ) -> Case {
      Case(name, .invalidInput, ["data.h5"] + words, options: options) { directory in
        try SmallModel().write(to: directory + "/model.h5")
        try make(directory + "/data.h5")
      }
    }
  }

  static let cases: [Case] = [
    Case("no such model", .noInput, ["model.h5", "no such file"]) { try writeData(binaryRows, to: $0 + "/data.h5") },
    Case("no such data", .noInput, ["data.h5", "no such file"]) { try SmallModel().write(to: $0 + "/model.h5") },
    Case("not HDF5", .invalidInput, ["model.h5", "not an HDF5 file"]) { directory in
      try Data("hello".utf8).write(to: URL(filePath: directory + "/model.h5"))
    },
    Case("truncated", .invalidInput, ["model.h5", "truncated"]) { directory in
      try SmallModel().write(to: directory + "/model.h5")
      let whole = try Data(contentsOf: URL(filePath: directory + "/model.h5"))
      try whole.prefix(whole.count / 2).write(to: URL(filePath: directory + "/model.h5"))
    },
    .model("no model", ["format", "evidence-model"]) { $0.format = "something" },
    .model("unknown version", ["version", "9"]) { $0.version = 9 },
    .model("missing group", ["/decoder"]) { $0.hasDecoder = false },
    .model("misspelt parameter", ["/encoder/1", "log_varaince", "log_variance"]) { $0.scaleName = "log_varaince" },
    .model("misspelt layer", ["/encoder/1/mean/0", "desne"]) { $0.layer = "desne" },
    .model("wrong shape", ["/encoder/1/mean/0/weight", "4", "5"]) { $0.encoderInputs = 5 },
    .model("NaN weight", ["/encoder/1/mean/0/weight", "not finite", "nan"]) { $0.meanWeight = .nan },
    .model("scale of zero", ["/encoder/1", "scale"]) {
      $0.scaleName = "scale"
      $0.scale = 0
    },
    .model("negative scale", ["/encoder/1", "scale"]) {
      $0.scaleName = "scale"
      $0.scale = -1
    },
    .data("strings", ["/names", "string"]) { path in
      let file = try File(creating: path)
      try file.root.createDataset("names", type: .string, shape: [2, 2]).writeStrings(["a", "b", "c", "d"])
      try file.close()
    },
    .data("ambiguous", ["/test", "/train", "--dataset"]) {
      try writeData(binaryRows, to: $0, datasets: ["train", "test"])
    },
    .data("no such dataset", ["/nothing", "images"], options: ["--dataset", "nothing"]) {
      try writeData(binaryRows, to: $0)
    },
    .data("wrong element count", ["/images", "5", "4"]) { try writeData([[1, 0, 1, 0, 1]], to: $0) },
    .data("no examples", ["/images", "no examples"]) { try writeData([], to: $0) },
    .data("a 255 under Bernoulli", ["/images", "example 1", "element 2", "255", "--divide-by 255"]) {
      try writeData([[0, 1, 0, 1], [0, 1, 255, 1]], to: $0)
    },
    Case("divided already", .invalidInput, ["data.h5", "/images", "divide by 255", "--divide-by 1,"]) { directory in
      var model = SmallModel()
      model.divideBy = 255
      try model.write(to: directory + "/model.h5")
      try writeData([[0.25, 0.5, 0.75, 1]], to: directory + "/data.h5")
    },
    .data("NaN in the data", ["/images", "example 0", "element 3"]) { try writeData([[0, 1, 0, .nan]], to: $0) },
  ]

  @Test(arguments: cases) func message(_ bad: Case) throws {
    try withTemporaryDirectory { directory in
      try bad.make(directory)
      let command = try NLLCommand.parse(
        [directory + "/model.h5", directory + "/data.h5", "--samples", "5"] + bad.options)
      let error = try #require(throws: (any Error).self) { try NLLRun(command).run() }
      let failure = Failure(error)
      #expect(failure.status == bad.status)
      let text = failure.lines.joined(separator: "\n")
      for word in bad.words { #expect(text.contains(word), "\(word) is missing in: \(text)") }
      #expect(failure.lines.count <= 2, "\(text)")
      for word in ["Swift", "HDF5Error", "EvidenceError", "H5", "Optional("] {
        #expect(!text.contains(word), "\(text)")
      }
    }
  }

  @Test func everyProblemOfAModelAtOnce() throws {
    try withTemporaryDirectory { directory in
      try SmallModel(hasDecoder: false, scaleName: "log_varaince", meanWeight: .nan).write(to: directory + "/model.h5")
      let run = try Executable.evidence.run("inspect", directory + "/model.h5")
      #expect(run.status == 65)
      for word in ["/decoder", "log_varaince", "not finite"] { #expect(run.error.contains(word), "\(run.error)") }
      #expect(run.error.hasPrefix("evidence: "))
    }
  }

  @Test func executableSpeaksPlainly() throws {
    try withTemporaryDirectory { directory in
      let missing = try Executable.evidence.run("nll", "model.h5", "data.h5", in: directory)
      #expect(missing.status == 66)
      #expect(missing.error == "evidence: model.h5: no such file\n")
      #expect(missing.output.isEmpty)

      try Data("\u{89}HDF\r\n\u{1A}\n and nothing more".utf8).write(to: URL(filePath: directory + "/broken.h5"))
      try SmallModel().write(to: directory + "/model.h5")
      let whole = try Data(contentsOf: URL(filePath: directory + "/model.h5"))
      try whole.prefix(whole.count / 2).write(to: URL(filePath: directory + "/broken.h5"))
      let plain = try Executable.evidence.run("inspect", "broken.h5", in: directory)
      #expect(plain.status == 65 && !plain.error.contains("H5F"))
      let verbose = try Executable.evidence.run("inspect", "broken.h5", "--verbose", in: directory)
      #expect(verbose.status == 65 && verbose.error.contains("libhdf5: H5F"))

      let usage = try Executable.evidence.run("nll", "model.h5", in: directory)
      #expect(usage.status == 64)
      #expect(usage.error.hasPrefix("evidence: "))
      #expect(usage.error.contains("evidence nll --help"))
    }
  }

  @Test func standardOutputThatIsFullIsAnError() throws {
    guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
    let process = Process()
    process.executableURL = Executable.evidence.url
    process.arguments = ["estimators"]
    process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 74)
  }
}
