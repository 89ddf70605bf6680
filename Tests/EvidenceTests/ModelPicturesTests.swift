import Evidence
import EvidenceTesting
import Testing

@Suite struct ModelPicturesTests {
  /// p(x | z) = N(W z + b, …) and q(z | x) = N(x₁, e⁻⁸): what comes out is known.
  private var model: ModelDescription {
    func dense(_ weight: [Float], _ bias: [Float], inputs: Int) -> Parameter {
      .stack(
        Stack([
          Layer(
            .dense(
              Dense(weight: Tensor(shape: [bias.count, inputs], values: weight), layout: .weight, bias: Tensor(bias))))
        ]))
    }
    return ModelDescription(
      input: .init(shape: [2, 2]),
      encoders: [
        Conditional(
          .normal, given: [0], trunk: Stack([Layer(.flatten)]),
          parameters: [.mean: dense([1, 0, 0, 0], [0], inputs: 4), .logVariance: .constant(Tensor([-16]))])
      ],
      decoders: [
        Conditional(
          .normal, given: [1],
          parameters: [.mean: dense([1, 2, 3, 4], [0, 0, 0, 1], inputs: 1), .logVariance: .constant(Tensor([0]))])
      ])
  }

  @Test func reconstructionsAndTraversalsAreTheDecodersMeans() throws {
    let data = Dataset([0.5, 0, 0, 0, -1, 0, 0, 0], count: 2)
    let pictures = try ModelPictures(
      of: NetworkModel(model), on: data, count: 2, units: 1, options: Evaluation(seed: 3, threads: 1))
    #expect(pictures.samples.count == 2 && pictures.originals == [[0.5, 0, 0, 0], [-1, 0, 0, 0]])
    for (original, reconstruction) in zip(pictures.originals, pictures.reconstructions) {
      for element in 0..<4 {
        let expected = Float(element + 1) * original[0] + (element == 3 ? 1 : 0)
        #expect(abs(reconstruction[element] - expected) < 0.01)
      }
    }
    let traversal = try #require(pictures.traversals.first)
    #expect(traversal.unit == 0 && traversal.means.count == ModelPictures.steps.count)
    for (step, mean) in zip(ModelPictures.steps, traversal.means) { #expect(mean[2] == 3 * step) }
    // A sample's elements are those of one z.
    for sample in pictures.samples { #expect(abs(sample[1] - 2 * sample[0]) < 1e-5) }
  }

  @Test func probabilitiesRatesAndClassesHaveTheirMeans() throws {
    var bits = model
    bits.decoders[0] = Conditional(
      .bernoulli, given: [1],
      parameters: [.logits: .constant(Tensor(shape: [2, 2], values: [0, 100, -100, 1]))])
    let pictures = try ModelPictures(of: NetworkModel(bits), on: nil, count: 1, units: 0)
    let sample = try #require(pictures.samples.first)
    #expect(sample[0] == 0.5 && sample[1] == 1 && sample[2] < 1e-30 && abs(sample[3] - 0.7310586) < 1e-6)
  }
}
