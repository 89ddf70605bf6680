import ArgumentParser
import Evidence
import Foundation
import HDF5
import JSON
import Runs
import TestSupport
import Testing

@testable import EvidenceCommand

@Suite struct UnitsCommandTests {
  static func digits(_ arguments: String...) throws -> UnitsOutcome {
    let all = [Repository.digitsModel, Repository.digits] + arguments
    return try UnitsRun(UnitsCommand.parse(all)).run()
  }

  static func keys(_ value: JSONValue?) -> [String] {
    guard case .object(let members)? = value else { return [] }
    return members.map(\.key)
  }

  static func numbers(_ value: JSONValue?) -> Int? {
    guard case .array(let values)? = value else { return nil }
    return values.count
  }

  @Test func keysAreThoseOfTheInterface() throws {
    let json = try Self.digits(
      "--examples", "0..60", "--probes", "20", "--ablate", "--samples", "3", "--sweep-examples", "5"
    ).json
    #expect(Self.keys(json).starts(with: ["command", "model", "data", "seed", "draws"]))
    #expect(Set(Self.keys(json)).isSuperset(of: ["layers", "ablation", "warnings", "timing"]))
    guard case .array(let layers)? = json["layers"] else {
      Issue.record("no layers")
      return
    }
    for (layer, units) in zip(layers, [16, 8]) {
      #expect(Self.keys(layer).starts(with: ["layer", "units", "threshold", "active", "variance", "kl", "pca"]))
      #expect(
        Self.keys(layer["pca"]).starts(with: ["eigenvalues", "active", "participationRatio", "explained"]))
      #expect(layer["units"] == .integer(units) && layer["threshold"] == .number(0.01))
      for key in ["variance", "kl", "varianceStandardError", "mean"] { #expect(Self.numbers(layer[key]) == units) }
      #expect(Self.numbers(layer["pca"]?["eigenvalues"]) == units)
      #expect(Self.numbers(layer["scatter"]?["first"]) == 60 && layer["scatter"]?["label"] == nil)
    }
    #expect(Self.keys(layers[0]["information"]).contains("mutualInformation") && layers[1]["information"] == nil)
    #expect(
      Self.keys(json["ablation"]).starts(
        with: ["removed", "nll", "nllAblated", "difference", "differenceStandardError"]))
    #expect(Self.numbers(json["ablation"]?["sweep"]?["nll"]) == Self.numbers(json["ablation"]?["sweep"]?["kept"]))
  }

  @Test func textFitsAndShowsEveryUnit() throws {
    let outcome = try Self.digits("--examples", "0..100", "--probes", "20", "--draws", "2")
    let lines = outcome.text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.allSatisfy { $0.count <= 80 })
    #expect(lines.count { $0.contains("┃") || $0.contains("╋") } == 16 + 8 + 2, "a bar each, and two heads")
    let active = outcome.units.layers.map(\.activeUnits.count)
    #expect(lines.contains { $0.hasPrefix("z1: \(active[0]) of 16 units active (A_u > 0.01)") })
    #expect(lines.contains { $0.hasPrefix("z2: \(active[1]) of 8 units active (A_u > 0.01)") })
    #expect(lines.count { $0.contains("╋") } == active.reduce(0, +))
    #expect(outcome.text.contains("A_u from two chains of 2 draws each"))
  }

  @Test func latentsAndLabels() throws {
    try withTemporaryDirectory { directory in
      let path = directory + "/latents.h5"
      let run = try Executable.evidence.run(
        "units", Repository.digitsModel, Repository.digits, "--dataset", "images", "--examples", "10..40", "--labels",
        "labels", "--latents", path, "--format", "json", "--quiet")
      #expect(run.status == 0 && run.error.isEmpty)
      let root = try File(reading: path).root
      #expect(try root.dataset("z1/mean").shape == [30, 16] && root.dataset("z2/scale").shape == [30, 8])
      let labels = try File(reading: Repository.digits).root.dataset("labels").read(rows: 10..<40, as: Int.self)
      #expect(try root.dataset("labels").read(as: Int.self) == labels)
      let object = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
      let layers = try #require(object["layers"] as? [[String: Any]])
      #expect((layers[0]["scatter"] as? [String: Any])?["label"] as? [Int] == labels)
      // What is there stays there.
      let again = try Executable.evidence.run(
        "units", Repository.digitsModel, Repository.digits, "--dataset", "images", "--latents", path)
      #expect(again.status == 73 && again.error.contains("there is a file already"))
    }
  }

  @Test(arguments: [
    (["--examples", "3..4"], 64, "two or more"), (["--draws", "1000"], 64, "--draws: expected 1 to"),
    (["--threshold", "nan"], 64, "--threshold"), (["--labels", "nothing"], 65, "nothing"),
    (["--latents", "/nowhere/latents.h5"], 73, "/nowhere/latents.h5"),
  ]) func mistakesAreExplained(arguments: [String], status: Int32, words: String) throws {
    let all = ["units", Repository.digitsModel, Repository.digits, "--dataset", "images"] + arguments
    let run = try Running(Executable.evidence, all).wait()
    #expect(run.status == status, "\(run.error)")
    #expect(run.error.contains(words) && run.output.isEmpty)
    #expect(run.error.split(separator: "\n").count <= 3)
  }

  @Test func disagreementAndCollapseAreSaid() throws {
    try withTemporaryDirectory { directory in
      var small = SmallModel()
      small.meanWeight = 0
      small.scale = 0
      try small.write(to: directory + "/collapsed.h5")
      let data = try File(creating: directory + "/data.h5")
      try data.root.createDataset("x", type: .float(bits: 32), shape: [6, 4]).write(
        (0..<24).map { Float($0 * 7 % 5 < 2 ? 1 : 0) })
      try data.close()
      let collapsed = try Executable.evidence.run("units", "collapsed.h5", "data.h5", "--ablate", in: directory)
      #expect(collapsed.status == 0, "\(collapsed.error)")
      #expect(collapsed.output.contains("0 of 2 units active") && collapsed.output.contains("The layer is collapsed"))
      #expect(collapsed.output.contains("without the 2 inactive units"))
      // Both units have the same mean: one direction between them.
      small.meanWeight = 0.5
      try small.write(to: directory + "/shared.h5")
      let shared = try Executable.evidence.run("units", "shared.h5", "data.h5", "--format", "text", in: directory)
      #expect(shared.status == 0, "\(shared.error)")
      #expect(shared.output.contains("Units and directions disagree: 2 active units, but only 1 active"))
    }
  }
}
