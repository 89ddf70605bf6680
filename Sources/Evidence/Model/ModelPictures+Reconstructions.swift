import Networks

extension ModelPictures {
  /// What a model makes of an example.
  struct Reconstruction {
    /// The example as the model takes it.
    let original: [Float]
    /// The mean of its posterior's draws.
    let latents: [Float]
    /// The mean of p(x | z) there, element by element.
    let means: [Float]

    init(
      _ index: Int, under model: NetworkModel, on data: Dataset, seed: UInt64, scratch: inout Workspace
    ) throws {
      let batch = try data.batch(index..<index + 1, seed: seed)
      try model.encode(batch, scratch: &scratch)
      let example = Example(index: index, position: 0, seed: seed)
      do throws(InvalidParameter) {
        latents = try model.meanLatents(
          position: 0, key: example.key, draws: 0..<min(ModelPictures.draws, scratch.drawCapacity), in: scratch)
        means = try model.means(of: latents, in: scratch)
      } catch {
        throw model.invalid(error, example)
      }
      original = batch.values
    }
  }

  /// What a model makes of the latents of single examples: each the mean of p(x | z), element by element, at the mean of its
  /// posterior's draws.
  ///
  /// - Throws: `EvidenceError` where a network gives a parameter out of its domain; what reading the data throws.
  public static func reconstructions(
    of examples: [Int], under model: NetworkModel, on data: Dataset, seed: UInt64
  ) throws -> [[Float]] {
    var scratch = model.makeScratch(examples: 1)
    return try examples.map {
      try Reconstruction($0, under: model, on: data, seed: seed, scratch: &scratch).means
    }
  }
}
