import Foundation
import HDF5
import JSON
import KerasImport
import ModelFile
import Models
import Networks
import Testing

@testable import EvidenceCommand

@Suite struct InspectTests {
  @Test func model() throws {
    let run = try Executable.evidence.run(
      "inspect", "digits-iwae-2l.h5", in: Repository.path("Sources/EvidenceCommand/Resources"))
    #expect(run.status == 0 && run.error.isEmpty)
    for line in [
      "parameters     24 336", "multiply-adds  13 568 for each draw, 10 240 once for each example",
      "conditional       layer            output  parameters  activation",
      "q(z1 | x)         normal                       10 400",
      "  trunk/0         dense            [64]         4 160  tanh",
      "  log_variance/0  dense            [8]            264", "p(z2)             standard normal                   0",
    ] {
      #expect(run.output.split(separator: "\n").contains(Substring(line)), "\(line)")
    }
    #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
  }

  @Test func modelAsJSON() throws {
    let run = try Executable.evidence.run("inspect", Repository.digitsModel, "--format", "json")
    let object = try NLLJSONTests.object(run.output)
    #expect(object["kind"] as? String == "model")
    #expect(object["parameters"] as? Int == 24336)
    #expect((object["conditionals"] as? [[String: Any]])?.count == 5)
  }

  @Test func nestedLayersAndConstants() {
    func dense(_ outputs: Int, _ inputs: Int) -> Layer {
      Layer(
        .dense(
          Dense(
            weight: Tensor(rows: outputs, columns: inputs, [Float](repeating: 0, count: outputs * inputs)),
            layout: .weight)))
    }
    let residual = Layer(.residual(body: Stack([dense(4, 4)]), shortcut: Stack()), activation: .relu)
    let description = ModelDescription(
      input: .init(shape: [2, 2]),
      encoders: [
        Conditional(
          .normal, given: [0], trunk: Stack([Layer(.flatten), residual]),
          parameters: [.mean: .stack(Stack([dense(3, 4)])), .scale: .constant(Tensor([1, 1, 1]))])
      ],
      decoders: [
        Conditional(
          .bernoulli, given: [1],
          parameters: [.probabilities: .stack(Stack([dense(4, 3), Layer(.activation, activation: .sigmoid)]))])
      ])
    let inspection = ModelInspection(path: "model.h5", description: description)
    #expect(inspection.problems.isEmpty)
    let rows = inspection.sections[0].rows
    #expect(rows.map(\.path) == ["trunk/0", "trunk/1", "trunk/1/body/0", "mean/0", "scale"])
    #expect(rows.map(\.shape) == [[4], [4], [4], [3], [3]])
    #expect(rows.map(\.parameterCount) == [0, 16, 16, 12, 3])
    #expect(rows[1].activation == "relu")
    #expect(inspection.sections[1].rows.map(\.shape) == [[4], [4]])
    #expect(inspection.parameterCount == 16 + 12 + 3 + 12)
  }

  @Test func data() throws {
    let run = try Executable.evidence.run("inspect", Repository.digits)
    #expect(run.status == 0)
    #expect(run.output.contains("  /images  [599, 8, 8]  uint8  chunks of 100 rows  0 to 16\n"))
    #expect(run.output.contains("  /labels  [599]        uint8  in one piece        0 to 9\n"))
  }

  @Test func rangesOfValues() throws {
    let file = try File(inMemory: "data.h5")
    let root = try file.root
    try root.createDataset("grey", type: .float(bits: 64), shape: [2, 2]).write([0.25, 1, .nan, 0.5])
    try root.createDataset("binary", type: .integer(bits: 8, signed: false), shape: [2, 2]).write(
      [0, 1, 1, 0] as [UInt8])
    _ = try root.createDataset("none", type: .float(bits: 32), shape: [0, 3])
    try root.createDataset("one", type: .integer(bits: 32, signed: true), shape: []).write([-7] as [Int32])
    try root.createDataset("text", type: .string, shape: [1]).writeStrings(["a"])
    let inspection = try DataInspection(file)
    for words in ["  0 and 1", "  0.2500 to 1.000, 1 NaN or infinite", "  none", "  all −7"] {
      #expect(inspection.text.contains(words), "\(inspection.text)")
    }
    let byPath = Dictionary(uniqueKeysWithValues: inspection.datasets.map { ($0.path, $0) })
    #expect(byPath["/grey"]?.values?.minimum == 0.25)
    #expect(byPath["/grey"]?.values?.nonFinite == 1)
    #expect(byPath["/binary"]?.values?.isBinary == true)
    #expect(byPath["/none"]?.values == nil)
    #expect(byPath["/one"]?.values?.minimum == -7)
    #expect(byPath["/text"]?.values == nil)
  }
}
