import HDF5
import Models
import Testing

@testable import Runs

@Suite struct InspectionTests {
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

  @Test func rangesOfValues() throws {
    let file = try File(inMemory: "data.h5")
    let root = try file.root
    try root.createDataset("grey", type: .float(bits: 64), shape: [2, 2]).write([0.25, 1, .nan, 0.5])
    try root.createDataset("binary", type: .integer(bits: 8, signed: false), shape: [2, 2]).write(
      [0, 1, 1, 0] as [UInt8])
    _ = try root.createDataset("none", type: .float(bits: 32), shape: [0, 3])
    try root.createDataset("one", type: .integer(bits: 32, signed: true), shape: []).write([-7] as [Int32])
    try root.createDataset("text", type: .string, shape: [1]).writeStrings(["a"])
    let inspection = try DataInspection(file, host: Silent())
    for words in ["  0 and 1", "  0.2500 to 1.000, 1 NaN or infinite", "  none", "  all −7"] {
      #expect(inspection.text(in: Plain()).contains(words), "\(inspection.text(in: Plain()))")
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
