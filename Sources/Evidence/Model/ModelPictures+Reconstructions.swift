import Networks

extension ModelPictures {
  /// What a model makes of the latents of single examples: each the mean of p(x | z), element by element, at the mean of its
  /// posterior's draws.
  ///
  /// - Throws: `EvidenceError` where a network gives a parameter out of its domain; what reading the data throws.
  public static func reconstructions(
    of examples: [Int], under model: NetworkModel, on data: Dataset, seed: UInt64
  ) throws -> [[Float]] {
    var scratch = model.makeScratch(examples: 1)
    return try examples.map { index in
      try model.encode(data.batch(index..<index + 1, seed: seed), scratch: &scratch)
      let example = Example(index: index, position: 0, seed: seed)
      do throws(InvalidParameter) {
        let mean = try model.meanLatents(
          position: 0, key: example.key, draws: 0..<min(draws, scratch.drawCapacity), in: scratch)
        return try model.means(of: mean, in: scratch)
      } catch {
        throw model.invalid(error, example)
      }
    }
  }
}
