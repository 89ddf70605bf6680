package import Evidence
import Foundation
import ModelFile

/// Pictures of what a model makes of its latents.
package struct SampleRun {
  private let host: any RunHost
  private let model: NetworkModel
  private let inputs: Inputs?
  private let evaluation: Evaluation
  private let count: Int
  private let units: Int
  /// The model's name: its own, or that of its file.
  package let name: String
  /// The shape of an example.
  package var shape: [Int] { model.description.input.shape }

  /// Opens the model, and the data where there are some.
  ///
  /// `count`: samples, and reconstructions.
  ///
  /// `units`: units that are traversed.
  package init(
    model path: String, data: InputsRequest?, count: Int, units: Int, evaluation: EvaluationRequest, host: any RunHost
  ) throws {
    self.host = host
    self.count = count
    self.units = units
    inputs = try data.map { try Inputs($0, host: host) }
    if inputs == nil { try FileRole.model.check(path) }
    model = try inputs?.model ?? NetworkModel(try ModelFile.read(path))
    name = model.description.about.name ?? URL(filePath: path).lastPathComponent
    let examples = inputs?.examples ?? 0..<1
    self.evaluation = evaluation.evaluation(of: examples, events: inputs?.events ?? RunEvents(), host: host)
  }

  /// Computes the pictures.
  package func run() throws -> ModelPictures {
    try host.evaluate {
      let make = { try ModelPictures(of: model, on: inputs?.data, count: count, units: units, options: evaluation) }
      return try inputs?.locatingErrors(make) ?? make()
    }
  }
}
