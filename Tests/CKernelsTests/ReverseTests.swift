import CKernels
import Foundation
import Testing

/// A kernel of the reverse, run on rows of random numbers: what it writes is held against the scalar variant, and must not
/// depend on where a lane stands. (Against central differences in double precision they are held where they are used, in
/// NetworksTests.)
struct ReverseCase: Sendable, CustomTestStringConvertible {
  let name: String
  /// Rows of random numbers that it takes.
  let rows: Int
  var range: ClosedRange<Float> = -2...2
  /// What it writes, for an input whose rows it may change.
  let run: @Sendable (_ kernels: ck_kernels, _ input: Lanes) -> [Float]

  var testDescription: String { name }

  /// Some rows of the input as a matrix of their own.
  private static func part(_ input: Lanes, _ first: Int, _ rows: Int) -> Lanes {
    Lanes(rows: rows, lanes: input.lanes) { input[first + $0, $1] }
  }

  /// The rows from one on, where they are.
  private static func rows(_ input: Lanes, from row: Int) -> UnsafeMutablePointer<Float> {
    input.pointer + row * input.lanes
  }

  static let kinds: [(String, ck_activation_kind)] = [
    ("identity", CK_IDENTITY), ("relu", CK_RELU), ("leaky relu", CK_LEAKY_RELU), ("elu", CK_ELU), ("selu", CK_SELU),
    ("tanh", CK_TANH), ("sigmoid", CK_SIGMOID), ("softplus", CK_SOFTPLUS), ("gelu", CK_GELU),
    ("gelu tanh", CK_GELU_TANH), ("silu", CK_SILU), ("exp", CK_EXP), ("hard tanh", CK_HARD_TANH),
  ]

  static let activations = [Float(1), 30].flatMap { size in
    kinds.map { name, kind in
      ReverseCase(name: "\(name) to \(size)", rows: 4, range: -size...size) { kernels, input in
        let activation = ck_activation(kind: kind, a: kind == CK_HARD_TANH ? -0.5 : 0.3, b: 0.7)
        let kept = part(input, 0, 2), gradient = part(input, 2, 2)
        if ck_slope_takes_output(activation) != 0 { kernels.activate(activation, kept.pointer, kept.count) }
        kernels.activate_reverse(activation, kept.pointer, gradient.pointer, gradient.count)
        return gradient.values
      }
    }
  }

  static let layers = [
    ReverseCase(name: "softmax", rows: 24) { kernels, input in
      let output = part(input, 0, 12), gradient = part(input, 12, 12)
      kernels.softmax(3, 4, input.lanes, output.pointer)
      kernels.softmax_reverse(3, 4, input.lanes, output.pointer, gradient.pointer)
      return gradient.values
    },
    ReverseCase(name: "log softmax", rows: 24) { kernels, input in
      let output = part(input, 0, 12), gradient = part(input, 12, 12)
      kernels.log_softmax(3, 4, input.lanes, 0.7, output.pointer)
      kernels.log_softmax_reverse(3, 4, input.lanes, 0.7, output.pointer, gradient.pointer)
      return gradient.values
    },
    ReverseCase(name: "layer norm", rows: 24) { kernels, input in
      let gradient = part(input, 12, 12)
      kernels.layer_norm_reverse(
        2, 6, input.lanes, 1e-3, [1, 2, -1, 0.5, 0, 1.5], input.pointer, gradient.pointer)
      return gradient.values
    },
    ReverseCase(name: "affine", rows: 3) { kernels, input in
      kernels.affine_reverse(3, input.lanes, [1, -2, 0.5], input.pointer)
      return input.values
    },
    ReverseCase(name: "gather max", rows: 7) { kernels, input in
      // A row that is picked twice, one that isn't, ties, and padding.
      let values = Lanes(rows: 4, lanes: input.lanes) { ($0 == 3 ? input[0, $1] : input[$0, $1]) }
      let index: [Int32] = [0, 1, 3, -1, 1, 1, 3, 0, -1]
      let output = Lanes(rows: 3, lanes: input.lanes), result = Lanes(rows: 4, lanes: input.lanes)
      kernels.gather_max(3, 3, index, values.pointer, input.lanes, output.pointer)
      kernels.gather_max_reverse(
        3, 3, index, values.pointer, output.pointer, rows(input, from: 4), input.lanes, result.pointer)
      return result.values
    },
    ReverseCase(name: "gather sum", rows: 3) { kernels, input in
      let result = Lanes(rows: 4, lanes: input.lanes)
      kernels.gather_sum_reverse(
        3, 2, [0, 2, -1, 1, 1, 1], [0.5, 0.25, 9, 1, 2, -1], input.pointer, input.lanes, result.pointer)
      return result.values
    },
    ReverseCase(name: "weighted sum", rows: 7) { kernels, input in
      let result = part(input, 4, 3)
      kernels.add_weighted(3, input.lanes, input.pointer, rows(input, from: 1), result.pointer)
      return result.values
    },
  ]

  static let forms = [CK_DIRECT, CK_LOG, CK_SQUARE, CK_LOG_SQUARE]

  /// What is stored for a positive quantity, out of a number between −2 and 2.
  private static func stored(_ number: Float, _ form: ck_form) -> Float {
    form == CK_LOG || form == CK_LOG_SQUARE ? number : 2.1 + number
  }

  static let latents =
    forms.flatMap { form in
      [CK_STANDARD_NORMAL, CK_STANDARD_LAPLACE].map { density in
        ReverseCase(name: "location and scale, \(density.rawValue), form \(form.rawValue)", rows: 9) { kernels, input in
          let scale = Lanes(rows: 3, lanes: input.lanes) { stored(input[$0, $1], form) }
          let results = (0..<2).map { _ in Lanes(rows: 3, lanes: input.lanes) }
          kernels.location_scale_reverse(
            density, 3, input.lanes, scale.operand(form), rows(input, from: 3), rows(input, from: 6),
            results[0].pointer, results[1].pointer)
          return results[0].values + results[1].values
        }
      }
    } + [
      ReverseCase(name: "triangular", rows: 15) { kernels, input in
        let tril = triangle(input)
        let noise = Lanes(rows: 3, lanes: input.lanes), matrix = Lanes(rows: 9, lanes: input.lanes)
        kernels.triangular_reverse(
          3, input.lanes, tril.operand(), rows(input, from: 9), rows(input, from: 12), noise.pointer,
          matrix.pointer)
        return noise.values + matrix.values
      },
      ReverseCase(name: "full normal", rows: 12) { kernels, input in
        let tril = triangle(input)
        let x = Lanes(rows: 3, lanes: input.lanes), matrix = Lanes(rows: 9, lanes: input.lanes)
        kernels.full_normal_gradient(
          3, input.lanes, tril.operand(), rows(input, from: 9), x.pointer, matrix.pointer)
        return x.values + matrix.values
      },
      ReverseCase(name: "Laplace variates of normal ones", rows: 2, range: -20...20) { kernels, input in
        let out = Lanes(rows: 2, lanes: input.lanes), gradient = Lanes(rows: 2, lanes: input.lanes) { _, _ in 1 }
        kernels.laplaces_of_normals(out.count, input.pointer, out.pointer)
        kernels.laplaces_of_normals_reverse(out.count, input.pointer, gradient.pointer)
        return out.values + gradient.values
      },
    ]

  private static func triangle(_ input: Lanes) -> Lanes {
    Lanes(rows: 9, lanes: input.lanes) { $0 % 4 == 0 ? 2.5 + input[$0, $1] : input[$0, $1] }
  }

  /// The density, how many parameters it has, and which of them have to be positive.
  static let densities: [(ck_density, Int, Set<Int>)] = [
    (CK_STANDARD_NORMAL, 0, []), (CK_STANDARD_LAPLACE, 0, []), (CK_NORMAL, 2, [1]), (CK_LAPLACE, 2, [1]),
    (CK_BERNOULLI_LOGITS, 1, []), (CK_BERNOULLI_PROBABILITIES, 1, []), (CK_CONTINUOUS_BERNOULLI_LOGITS, 1, []),
    (CK_CONTINUOUS_BERNOULLI_PROBABILITIES, 1, []), (CK_CATEGORICAL, 1, []), (CK_DISCRETIZED_LOGISTIC, 2, [1]),
    (CK_LOGISTIC_MIXTURE, 3, [2]), (CK_BETA, 2, [0, 1]), (CK_POISSON, 1, [0]), (CK_NEGATIVE_BINOMIAL, 2, [0, 1]),
    (CK_ZERO_INFLATED_NEGATIVE_BINOMIAL, 3, [0, 1]),
  ]

  static let gradients = densities.flatMap { density, count, positive in
    (positive.isEmpty ? [CK_DIRECT] : forms).map { form in
      ReverseCase(name: "density \(density.rawValue), form \(form.rawValue)", rows: 3 + 3 * 9) { kernels, input in
        let isMixture = density == CK_CATEGORICAL || density == CK_LOGISTIC_MIXTURE
        let components = isMixture ? 3 : 1
        let isLatent = count == 0 || density == CK_NORMAL || density == CK_LAPLACE
        let isProbability = density == CK_BERNOULLI_PROBABILITIES || density == CK_CONTINUOUS_BERNOULLI_PROBABILITIES
        let x = Lanes(rows: 3, lanes: input.lanes) { row, lane in
          let number = input[row, lane]
          if isLatent { return number }
          if density == CK_CATEGORICAL { return Float(Int(number.magnitude)) }
          if density.rawValue >= CK_POISSON.rawValue { return Float(Int(number.magnitude * 4)) }
          // The ends too, but for the beta distribution.
          return density == CK_BETA ? (number + 2.01) / 4.02 : min(max((number + 1.5) / 3, 0), 1)
        }
        let parameters = (0..<count).map { i in
          Lanes(rows: 3 * components, lanes: input.lanes) { row, lane in
            let number = input[3 + 9 * i + row, lane]
            if positive.contains(i) { return stored(number, form) }
            return isProbability ? (number + 2.01) / 4.02 : number
          }
        }
        let operands = parameters.enumerated().map { $1.operand(positive.contains($0) ? form : CK_DIRECT) }
        let none = ck_operand(data: nil, row_step: 0, lane_step: 0, form: CK_DIRECT)
        let p = operands + Array(repeating: none, count: 3 - count)
        var arguments = ck_density_arguments(
          density: density, components: components, bins: 16, x: x.operand(), parameters: (p[0], p[1], p[2]),
          epsilon: 0, counts: nil)
        let results =
          [Lanes(rows: 3, lanes: input.lanes)]
          + (0..<count).map { _ in Lanes(rows: 3 * components, lanes: input.lanes) }
        let places: [UnsafeMutablePointer<Float>?] =
          [isLatent ? results[0].pointer : nil] + (0..<3).map { $0 < count ? results[$0 + 1].pointer : nil }
        kernels.log_density_gradient(3, input.lanes, &arguments, places)
        return results.flatMap(\.values)
      }
    }
  }

  static let all = activations + layers + latents + gradients
}

@Suite("Kernels of the reverse")
struct ReverseTests {
  /// Floats of a few operations, the densities' of doubles; a slope of sizes to 30 is a difference of such.
  @Test("Every variant agrees with the scalar one", arguments: Variant.vectors, ReverseCase.all)
  func agreement(variant: Variant, reverse: ReverseCase) {
    var source = Source(state: 11)
    let numbers = Lanes(rows: reverse.rows, lanes: 64) { _, _ in source.float(reverse.range) }
    let copy = { Lanes(rows: reverse.rows, lanes: 64) { numbers[$0, $1] } }
    let expected = reverse.run(Variant.scalar.kernels, copy())
    let found = reverse.run(variant.kernels, copy())
    #expect(found.count == expected.count)
    let size = max(1, reverse.range.upperBound / 2)
    for (index, (found, expected)) in zip(found, expected).enumerated() {
      let close = abs(found - expected) <= 3e-6 * max(size, expected.magnitude)
      #expect(close, "\(index): \(found), not \(expected)")
    }
  }

  @Test("A lane yields the same bits wherever it stands", arguments: Variant.all, ReverseCase.all)
  func lanes(variant: Variant, reverse: ReverseCase) {
    var source = Source(state: 12)
    let whole = Lanes(rows: reverse.rows, lanes: 160) { _, _ in source.float(reverse.range) }
    let expected = reverse.run(variant.kernels, Lanes(rows: reverse.rows, lanes: 160) { whole[$0, $1] })
    for (first, lanes) in [(0, 16), (16, 48), (48, 96), (144, 16)] {
      let found = reverse.run(variant.kernels, Lanes(rows: reverse.rows, lanes: lanes) { whole[$0, first + $1] })
      let same = found.enumerated().allSatisfy { place, value in
        let (row, lane) = place.quotientAndRemainder(dividingBy: lanes)
        return value.bitPattern == expected[row * 160 + first + lane].bitPattern
      }
      #expect(same, "lanes \(first)..<\(first + lanes)")
    }
  }

  @Test("Shares of a mixture", arguments: Variant.all)
  func shares(variant: Variant) {
    let weights = [log(0.25), log(0.75)]
    var densities = [Double](repeating: -1000, count: 32)
    for lane in 0..<16 { (densities[lane], densities[16 + lane]) = (Double(lane) - 1000, -1000 - Double(lane) / 7) }
    var found = [Float](repeating: 0, count: 32)
    variant.kernels.mixture_shares(2, 16, weights, densities, &found)
    for lane in 0..<16 {
      let odds = weights[1] + densities[16 + lane] - weights[0] - densities[lane]
      #expect(abs(Double(found[lane]) - 1 / (1 + exp(odds))) < 1e-7)
      #expect(abs(found[lane] + found[16 + lane] - 1) < 1e-6)
    }
  }

  @Test("A Laplace variate and the normal one of the same probability")
  func quantiles() {
    // By mpmath: −log(2 Φ(−a)) = −log erfc(a / √2).
    let table: [(Double, Double)] = [
      (0, 0), (0.5, 0.4827645810336733), (1, 1.147874464449318), (2, 3.090037153122087), (5, 14.37185121342878),
      (12, 74.71752582100885), (38, 725.8640688382602),
    ]
    for (normal, laplace) in table {
      #expect(abs(ck_normal_of_laplace(laplace) - normal) < 1e-8)
      #expect(abs(ck_normal_of_laplace(-laplace) + normal) < 1e-8)
    }
  }
}
