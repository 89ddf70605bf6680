import Foundation
import JSON
import Models
import Networks
import Testing

@testable import KerasImport

/// Conditional models that Keras 3 saved, with log-weights that Keras computes on draws written beside them
/// (Fixtures/Conditional/generate.py).
@Suite struct ConditionalTests {
  struct Expected: Decodable {
    var x: [[Float]]
    var labels: [Int]
    /// By draw, example and latent.
    var noise: [[[Float]]]
    var logWeights: [[Double]]
  }

  private static let folder = KerasFixtures.url("Conditional")

  private func read(_ name: String) throws -> KerasImportResult {
    let files = (name == "whole" ? ["model"] : ["encoder", "decoder"]).map {
      Self.folder.appending(path: "\(name)-\($0).keras").path(percentEncoded: false)
    }
    return try KerasImport.read(files: files, options: KerasImportOptions())
  }

  @Test(arguments: ["one-hot", "plane", "repeated", "whole"]) func logWeightsAreThoseOfKeras(_ name: String) throws {
    let data = try Data(contentsOf: Self.folder.appending(path: "expected.json"))
    let expected = try #require(JSONDecoder().decode([String: Expected].self, from: data)[name])
    let result = try read(name)
    #expect(result.model.covariates == [Covariate("label", .categorical(["0", "1", "2", "3"]))])
    #expect(result.assumptions.contains { $0.statement.contains("p(x | label)") })
    let network = try NetworkModel(result.model)
    let count = expected.x.count
    let known = expected.labels.flatMap { label in (0..<4).map { Float($0 == label ? 1 : 0) } }
    let workspace = network.makeWorkspace(examples: count)
    expected.x.flatMap { $0 }.withUnsafeBufferPointer { x in
      known.withUnsafeBufferPointer { network.encode(x, covariates: $0, count: count, in: workspace) }
    }
    for (draw, noise) in expected.noise.enumerated() {
      for position in 0..<count {
        let lanes = 16
        let matrix = noise[position].flatMap { [Float](repeating: $0, count: lanes) }
        var values = [Double](repeating: 0, count: lanes)
        try network.logWeights(
          position: position, noise: matrix, lanes: lanes, map: .posterior, in: workspace, values: &values,
          gradients: nil)
        // Float32 in both.
        let wanted = expected.logWeights[draw][position]
        #expect(abs(values[0] - wanted) < 1e-5 * max(10, abs(wanted)))
      }
    }
  }

  @Test func aLabelThatIsJoinedBecomesColumnsOfTheNextLayer() throws {
    let model = try read("one-hot").model
    guard case .dense(let first)? = model.encoders[0].trunk?.layers.first?.operation,
      case .stack(let logits)? = model.decoders[0].parameters.values.first,
      case .dense(let second)? = (model.decoders[0].trunk ?? logits).layers.first?.operation
    else {
      Issue.record("the first layers are dense")
      return
    }
    #expect(first.covariates == ["label"] && second.covariates == ["label"])
    #expect(first.weight.shape == [10, 8] && second.weight.shape == [6, 8])
  }

  /// Two inputs of one size: nothing says which is x.
  @Test func inputsOfOneSizeAreRefused() throws {
    let input = { (name: String) in
      #"{"class_name": "InputLayer", "name": "\#(name)", "config": {"name": "\#(name)", "batch_input_shape": [null, 4]}, "inbound_nodes": []}"#
    }
    let joined =
      #"{"class_name": "Concatenate", "name": "joined", "config": {"name": "joined", "axis": -1}, "#
      + #""inbound_nodes": [[["x", 0, 0, {}], ["label", 0, 0, {}]]]}"#
    let text =
      #"{"class_name": "Functional", "config": {"name": "encoder", "layers": [\#(input("x")), \#(input("label")), \#(joined)], "#
      + #""input_layers": [["x", 0, 0], ["label", 0, 0]], "output_layers": [["joined", 0, 0]]}}"#
    let model = try #require(try KerasModelParser.model(JSONParser.parse(Array(text.utf8)), file: "cvae.json"))
    let graph = try KerasGraph(model, file: "cvae.json")
    let error = #expect(throws: ImportError.self) { try graph.requireMainInput() }
    #expect(error?.found == "x of 4, label of 4")
    #expect(throws: Never.self) { try graph.requireMainInput(given: ["label"]) }
  }
}
