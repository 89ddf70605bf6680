import Foundation
import Models

@testable import Networks

/// A latent-variable model evaluated straight from its description, in double precision, one draw at a time.
struct ReferenceModel {
  let model: ModelDescription
  private var stack: ReferenceStack { ReferenceStack(format: model.dataFormat) }

  init(_ model: ModelDescription) { self.model = model }

  /// log p(x, z) − log q(z | x) with the latents that the noise gives: one run of it for each layer, z₁ first.
  func logWeight(_ x: [Double], noise: [[Double]]) -> Double {
    let (latents, logPosterior) = sample(x, noise: noise)
    return logJoint(x, latents) - logPosterior
  }

  /// log p(x, z).
  func logJoint(_ x: [Double], _ latents: [[Double]]) -> Double {
    let variables = [x] + latents
    var result = logPrior(latents[latents.count - 1])
    for (layer, decoder) in model.decoders.enumerated() {
      result += logDensity(decoder, of: variables[layer], given: variables)
    }
    return result
  }

  /// The latents and log q(z | x).
  func sample(_ x: [Double], noise: [[Double]]) -> (latents: [[Double]], logPosterior: Double) {
    var latents = noise
    var known: Set<Int> = [0]
    var logPosterior = 0.0
    while known.count <= noise.count {
      for (layer, encoder) in model.encoders.enumerated()
      where !known.contains(layer + 1) && known.isSuperset(of: encoder.given) {
        let q = parameters(encoder, given: [x] + latents, size: noise[layer].count)
        let d = noise[layer].count
        var z = q[0]
        for unit in 0..<d {
          if encoder.distribution == .fullNormal {
            for other in 0...unit { z[unit] += q[1][unit * d + other] * noise[layer][other] }
          } else {
            z[unit] += q[1][unit] * noise[layer][unit]
          }
        }
        logPosterior += logDensity(encoder, of: z, given: [x] + latents)
        for step in encoder.flow {
          let (moved, logDeterminant) = apply(step, z)
          logPosterior -= logDeterminant
          z = moved
        }
        latents[layer] = z
        known.insert(layer + 1)
      }
    }
    return (latents, logPosterior)
  }

  /// A step of a flow, and the logarithm of its determinant by formula.
  func apply(_ step: FlowStep, _ z: [Double]) -> (z: [Double], logDeterminant: Double) {
    let run = { (part: Stack, z: [Double]) in stack(part, ReferenceTensor(shape: [z.count], values: z)).values }
    switch step {
    case .planar(let u, let w, let b):
      let slope = tanh(zip(w.values, z).reduce(Double(b)) { $0 + Double($1.0) * $1.1 })
      let product = zip(u.values, w.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      return (zip(z, u.values).map { $0 + Double($1) * slope }, log(abs(1 + product * (1 - slope * slope))))
    case .affineCoupling(let mask, let shift, let logScale):
      let input = zip(z, mask.values).map { $0 * Double($1) }
      let (t, s) = (run(shift, input), run(logScale, input))
      let changed = mask.values.map { $0 == 0 }
      return (
        z.indices.map { changed[$0] ? z[$0] * exp(s[$0]) + t[$0] : z[$0] },
        z.indices.reduce(0) { $0 + (changed[$1] ? s[$1] : 0) }
      )
    case .inverseAutoregressive(let shift, let logScale):
      let (t, s) = (run(shift, z), run(logScale, z))
      return (z.indices.map { z[$0] * exp(s[$0]) + t[$0] }, s.reduce(0, +))
    }
  }

  /// log p(z_L).
  func logPrior(_ z: [Double]) -> Double {
    let logWeights = { (logits: Tensor?, count: Int) in
      let values = logits?.values.map(Double.init) ?? Array(repeating: 0, count: count)
      return values.map { $0 - ReferenceDensity.logSumExp(values) }
    }
    switch model.prior {
    case .standardNormal: return z.reduce(0) { $0 + ReferenceDensity.normal($1, 0, 1) }
    case .normal(let mean, let name, let scale):
      return z.indices.reduce(0) {
        $0 + ReferenceDensity.normal(z[$1], Double(mean.values[$1]), quantity(name, Double(scale.values[$1])))
      }
    case .normalMixture(let logits, let mean, let name, let scale):
      let count = mean.shape[0]
      return ReferenceDensity.logSumExp(
        zip(0..<count, logWeights(logits, count)).map { c, weight in
          z.indices.reduce(weight) {
            let place = c * z.count + $1
            return $0
              + ReferenceDensity.normal(z[$1], Double(mean.values[place]), quantity(name, Double(scale.values[place])))
          }
        })
    case .vampPrior(let logits, let pseudoInputs):
      let count = pseudoInputs.shape[0]
      let size = pseudoInputs.count / count
      return ReferenceDensity.logSumExp(
        zip(0..<count, logWeights(logits, count)).map { c, weight in
          let input = pseudoInputs.values[c * size..<(c + 1) * size].map(Double.init)
          return weight + logDensity(model.encoders[0], of: z, given: [input])
        })
    }
  }

  private func quantity(_ name: ParameterName, _ stored: Double) -> Double {
    switch name.form {
    case .direct: stored
    case .logarithm: exp(stored)
    case .square: stored.squareRoot()
    case .logarithmOfSquare: exp(stored / 2)
    }
  }

  /// The quantities that the density is written in, in its order, one for each element.
  private func parameters(_ conditional: Conditional, given variables: [[Double]], size: Int) -> [[Double]] {
    let values = conditional.given.flatMap { variables[$0] }
    let shape = conditional.given == [0] ? model.input.shape : [values.count]
    let input = ReferenceTensor(shape: shape, values: values)
    let hidden = conditional.trunk.map { stack($0, input) } ?? input
    return conditional.distribution.parameters.compactMap { alternatives in
      for name in alternatives {
        switch conditional.parameters[name] {
        case .stack(let part): return stack(part, hidden).values.map { quantity(name, $0) }
        case .constant(let tensor):
          let stored = tensor.values.map { quantity(name, Double($0)) }
          return stored.count == 1 ? Array(repeating: stored[0], count: size) : stored
        case nil: continue
        }
      }
      return nil
    }
  }

  /// The log-density of a variable's elements under a conditional.
  func logDensity(_ conditional: Conditional, of x: [Double], given variables: [[Double]]) -> Double {
    let p = parameters(conditional, given: variables, size: x.count)
    let components = p[0].count / x.count
    return x.indices.reduce(0) { sum, i in
      let group = i * components..<(i + 1) * components
      switch conditional.distribution {
      case .normal: return sum + ReferenceDensity.normal(x[i], p[0][i], p[1][i])
      case .laplace: return sum + ReferenceDensity.laplace(x[i], p[0][i], p[1][i])
      case .fullNormal:
        // A row of the triangle at a time: x_i given x_j for j < i, through the noise.
        let noise = solve(p[1], zip(x, p[0]).map { $0 - $1 })
        return sum + ReferenceDensity.normal(noise[i], 0, 1) - log(p[1][i * x.count + i])
      case .bernoulli, .continuousBernoulli:
        let p = conditional.parameters[.logits] == nil ? p[0][i] : ReferenceDensity.sigmoid(p[0][i])
        return sum
          + (conditional.distribution == .bernoulli
            ? ReferenceDensity.bernoulli(x[i], probability: p)
            : ReferenceDensity.continuousBernoulli(x[i], probability: p))
      case .categorical:
        return sum + p[0][group][group.lowerBound + Int(x[i])] - ReferenceDensity.logSumExp(Array(p[0][group]))
      case .discretizedLogistic:
        return sum + log(ReferenceDensity.bin(x[i], p[0][i], p[1][i], conditional.bins))
      case .logisticMixture:
        let terms = group.map { p[0][$0] + log(ReferenceDensity.bin(x[i], p[1][$0], p[2][$0], conditional.bins)) }
        return sum + ReferenceDensity.logSumExp(terms) - ReferenceDensity.logSumExp(Array(p[0][group]))
      case .beta: return sum + ReferenceDensity.beta(x[i], p[0][i], p[1][i])
      case .poisson: return sum + ReferenceDensity.poisson(x[i], p[0][i])
      case .negativeBinomial: return sum + ReferenceDensity.negativeBinomial(x[i], p[0][i], p[1][i])
      case .zeroInflatedNegativeBinomial:
        return sum + ReferenceDensity.zeroInflated(x[i], p[0][i], p[1][i], p[2][i])
      }
    }
  }

  private func solve(_ triangle: [Double], _ x: [Double]) -> [Double] {
    var noise: [Double] = []
    for i in x.indices {
      let rest = (0..<i).reduce(x[i]) { $0 - triangle[i * x.count + $1] * noise[$1] }
      noise.append(rest / triangle[i * x.count + i])
    }
    return noise
  }

  /// log p(x) = log ∫ p(x, z) dz of a model of one layer and one or two latents, by the trapezoidal rule, which
  /// converges faster than any power of the step for smooth integrands that vanish at the ends.
  func logEvidence(_ x: [Double], latents: Int, range: Double = 8, points: Int? = nil) -> Double {
    let points = points ?? (latents == 1 ? 600 : 90)
    let step = 2 * range / Double(points)
    let nodes = (0...points).map { -range + step * Double($0) }
    let terms =
      latents == 1
      ? nodes.map { logJoint(x, [[$0]]) } : nodes.flatMap { first in nodes.map { logJoint(x, [[first, $0]]) } }
    return ReferenceDensity.logSumExp(terms) + Double(latents) * log(step)
  }
}
