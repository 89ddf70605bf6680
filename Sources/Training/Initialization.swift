public import Evidence
import Foundation

/// The numbers that training begins with.
public enum Initialization {
  /// The same networks with new weights: uniform between ±√(6 / (inputs + outputs)) (Glorot, Bengio 2010), biases zero. A
  /// tensor's numbers are a function of the seed and its place among the tensors.
  ///
  /// The last bias of a likelihood's logits, means or log-rates, where it has one for each element, becomes what gives each
  /// element its mean over the data.
  ///
  /// - Parameter means: Of each element over the training data, as the model takes them.
  public static func glorot(
    _ model: ModelDescription, training trained: TrainedNetworks, seed: UInt64, means: [Double]
  ) -> ModelDescription {
    var values: [String: [Float]] = [:]
    for (number, parameter) in model.parameters.enumerated()
    where parameter.path.hasPrefix("/encoder") ? trained.encoder : trained.decoder {
      switch parameter.role {
      case .weight: values[parameter.path] = weights(of: parameter, number: number, seed: seed)
      case .bias: values[parameter.path] = [Float](repeating: 0, count: parameter.tensor.count)
      default: break
      }
    }
    if trained.decoder, let (path, bias) = outputBias(of: model, means: means) { values[path] = bias }
    return model.replacing(values)
  }

  private static func weights(of parameter: ModelParameter, number: Int, seed: UInt64) -> [Float] {
    let shape = parameter.tensor.shape
    // Channels first in a `weight`, last in a `kernel`; the rest is the window, which both count.
    let channels = parameter.path.hasSuffix("/kernel") ? shape.suffix(2) : shape.prefix(2)
    let window = shape.reduce(1, *) / max(1, channels.reduce(1, *))
    let limit = (6 / Double(max(1, channels.reduce(0, +) * window))).squareRoot()
    return RandomNumbers.uniforms(
      seed: seed, example: UInt64(number), purpose: .initialization, count: parameter.tensor.count
    ).map { Float(limit * (2 * Double($0) - 1)) }
  }

  /// The path and the numbers of the bias that the likelihood's location ends in; nil where it ends in none of its own.
  private static func outputBias(of model: ModelDescription, means: [Double]) -> (path: String, bias: [Float])? {
    guard let likelihood = model.decoders.first else { return nil }
    for (name, parameter) in likelihood.parameters {
      guard let transform = transform(likelihood.distribution, name), case .stack(let stack) = parameter,
        let last = stack.layers.last, case .dense(let dense) = last.operation, dense.bias?.count == means.count,
        last.activation == (name == .probabilities ? .sigmoid : .identity)
      else { continue }
      return ("/decoder/1/\(name.rawValue)/\(stack.layers.count - 1)/bias", means.map { Float(transform($0)) })
    }
    return nil
  }

  /// From an element's mean to the number that gives it.
  private static func transform(_ distribution: Distribution, _ name: ParameterName) -> ((Double) -> Double)? {
    // A pixel that is always black would have a logit of minus infinity, and no gradient.
    let logit = { (mean: Double) in
      let held = min(max(mean, 0.001), 0.999)
      return log(held / (1 - held))
    }
    switch (distribution, name) {
    case (.bernoulli, .logits), (.bernoulli, .probabilities), (.continuousBernoulli, .logits): return logit
    case (.normal, .mean), (.laplace, .mean), (.discretizedLogistic, .mean), (.fullNormal, .mean): return { $0 }
    case (.poisson, .logRate), (.negativeBinomial, .logMean), (.zeroInflatedNegativeBinomial, .logMean):
      return { log(max($0, 0.001)) }
    default: return nil
    }
  }
}
