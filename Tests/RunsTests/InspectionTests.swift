import HDF5
import Models
import TestSupport
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

  /// Many datasets of one kind are a line; links out of the file and tables are said not to be read.
  @Test func whatIsAlikeIsOneLineAndWhatIsNotReadIsSaid() throws {
    let file = try File(inMemory: "data.h5")
    let root = try file.root
    for image in 0..<30 {
      try root.createDataset("images/\(image)", type: .integer(bits: 8, signed: false), shape: [2, 2]).write(
        [0, UInt8(image), 0, 0])
    }
    let many = try DataInspection(file, host: Silent())
    #expect(many.text(in: Plain()).contains("/images/0 and 29 more  [2, 2]  uint8  in one piece  0 to 29"))
    #expect(many.datasets.count == 30)

    func text(_ path: String) throws -> String {
      try DataInspection(File(reading: Repository.path(path)), host: Silent()).text(in: Plain())
    }
    #expect(try text("Tests/HDF5Tests/Fixtures/links.h5").contains("/user is not read: "))
    #expect(
      try text("Tests/EvidenceCommandTests/Fixtures/Forms/table.h5").contains("records, which are no numbers"))
  }

  /// Every array of an archive of numpy, and of a sparse matrix the whole instead of its parts.
  @Test func arraysOfNumpyAndSparseMatricesAreListed() throws {
    let forms = Repository.path("Tests/EvidenceCommandTests/Fixtures/Forms")
    let arrays = try DataInspection(numpy: forms + "/plain.npz")
    #expect(arrays.datasets.map(\.path) == ["x", "labels"] && arrays.datasets.map(\.type) == ["float32", "int64"])
    #expect(arrays.datasets.map(\.shape) == [[40, 12], [40]])
    let sparse = try DataInspection(File(reading: forms + "/plain.h5ad"), host: Silent())
    #expect(sparse.datasets.map(\.path) == ["/X"] && sparse.datasets[0].shape == [40, 12])
    #expect(sparse.datasets[0].type == "sparse, by rows" && sparse.datasets[0].values?.maximum ?? 0 > 1)
  }
}
