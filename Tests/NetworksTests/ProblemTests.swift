import Models
import Testing

@testable import Networks

@Suite("Problems are named with their place")
struct ProblemTests {
  private static func zeros(_ shape: [Int]) -> Tensor {
    Tensor(shape: shape, values: Array(repeating: 0, count: shape.reduce(1, *)))
  }

  private static func convolution(_ shape: [Int], _ change: (inout Convolution) -> Void = { _ in }) -> Layer {
    var layer = Convolution(weight: zeros(shape), layout: .kernel)
    change(&layer)
    return Layer(.convolution(layer))
  }

  private static func transposed(
    _ shape: [Int], _ layout: WeightLayout = .kernel, _ change: (inout TransposedConvolution) -> Void = { _ in }
  ) -> Layer {
    var layer = TransposedConvolution(weight: zeros(shape), layout: layout)
    change(&layer)
    return Layer(.transposedConvolution(layer))
  }

  static let layers: [(layer: Layer, shape: [Int], problem: String)] = [
    (
      Layer(.dense(Dense(weight: zeros([3, 4]), layout: .weight))), [3],
      "/stack/0/weight: expected 3 inputs, found 4: shape [3, 4] (its transpose would: is it stored under the other name, kernel or weight?)"
    ),
    (
      Layer(.dense(Dense(weight: zeros([6, 4]), layout: .kernel))), [2, 3],
      "/stack/0/kernel: expected 3 inputs, found 6: shape [6, 4] (a flatten layer before it would give 6)"
    ),
    (
      Layer(.dense(Dense(weight: zeros([3, 4]), layout: .kernel, bias: zeros([3])))), [3],
      "/stack/0/bias: expected 4 elements, found 3"
    ),
    (
      convolution([3, 3, 2, 4]), [6],
      "/stack/0: a conv2d layer takes an image [height, width, channels]; found shape [6]"
    ),
    (
      convolution([3, 3, 2, 4]), [4, 4, 3],
      "/stack/0/kernel: expected 3 input channels, found 2: shape [3, 3, 2, 4]"
    ),
    (
      convolution([3, 3, 2, 4]), [4, 4, 4],
      "/stack/0/kernel: expected 4 input channels, found 2: shape [3, 3, 2, 4] (are its axes swapped, or is the data_format channels_first?)"
    ),
    (convolution([3, 3, 2, 4]), [2, 4, 2], "/stack/0: an output of 0 × 2 from an image of 2 × 4"),
    (convolution([3, 2, 4]), [4, 4, 2], "/stack/0/kernel: a conv2d layer's kernel has 4 axes; found shape [3, 2, 4]"),
    (
      convolution([3, 3, 2, 4]) { $0.stride = [0, 1] }, [4, 4, 2],
      "/stack/0/stride: expected two integers, each at least 1; found [0, 1]"
    ),
    (
      convolution([3, 3, 2, 4]) { $0.dilation = [1] }, [4, 4, 2],
      "/stack/0/dilation: expected two integers, each at least 1; found [1]"
    ),
    (
      convolution([3, 3, 2, 4]) { $0.groups = 3 }, [4, 4, 6],
      "/stack/0/groups: 3 groups don't part 6 inputs and 4 outputs evenly"
    ),
    (
      convolution([3, 3, 2, 4]) { $0.bias = zeros([2]) }, [4, 4, 2],
      "/stack/0/bias: expected 4 elements, found 2"
    ),
    (
      convolution([3, 3, 2, 4]) { $0.padding = .explicit(top: -1, bottom: 0, left: 0, right: 0) }, [4, 4, 2],
      "/stack/0/padding: expected [top, bottom, left, right], none negative; found [-1, 0, 0, 0]"
    ),
    (
      transposed([3, 3, 2, 4]) {
        $0.padding = .same; $0.outputPadding = [1, 0]
      }, [4, 4, 4],
      "/stack/0/output_padding: padding \"same\" settles the output's size: expected [0, 0] or explicit padding"
    ),
    (
      transposed([3, 3, 2, 4]) { $0.groups = 2 }, [4, 4, 4],
      "/stack/0/groups: a conv2d-transpose with groups needs its weights as `weight`, found `kernel`"
    ),
    (
      transposed([4, 2, 3, 3], .weight), [4, 4, 2],
      "/stack/0/weight: expected 2 input channels, found 4: shape [4, 2, 3, 3] (are its axes swapped, or is the data_format channels_first?)"
    ),
    (
      transposed([1, 1, 2, 4]) { $0.stride = [1 << 26, 1 << 26] }, [4, 4, 4],
      "/stack/0: an output of 201326593 × 201326593 from an image of 4 × 4"
    ),
    (
      transposed([1, 1, 2, 4]) { $0.stride = [1, 131_074] }, [8, 4, 4],
      "/stack/0: an output of 8 × 393223 from an image of 8 × 4"
    ),
    (
      convolution([200, 200, 1, 1]) { $0.padding = .same }, [256, 256, 1],
      "/stack/0: a window of 200 × 200 over an output of 256 × 256"
    ),
    (
      Layer(.pooling(Pooling(.maximum, size: [1 << 26, 1], stride: [1, 1], padding: .same))), [4, 4, 1],
      "/stack/0: a window of 67108864 × 1 over an output of 4 × 4"
    ),
    (
      Layer(
        .pooling(Pooling(.maximum, size: [2, 2], padding: .explicit(top: 2, bottom: 0, left: 0, right: 0)))),
      [4, 4, 1],
      "/stack/0/padding: a window lies wholly in the padding: padding is smaller than the window"
    ),
    (
      Layer(.upsampling(Upsampling(factor: [2]))), [4, 4, 1],
      "/stack/0/factor: expected two integers, each at least 1; found [2]"
    ),
    (
      Layer(.upsampling(Upsampling(factor: [1 << 20, 1 << 20]))), [4, 4, 1],
      "/stack/0: an output of 4194304 × 4194304 from an image of 4 × 4"
    ),
    (Layer(.crop([2, 2, 0, 0])), [4, 4, 1], "/stack/0: an output of 0 × 4 from an image of 4 × 4"),
    (
      Layer(.pad([1, 1])), [4, 4, 1],
      "/stack/0/padding: expected [top, bottom, left, right], none negative; found [1, 1]"
    ),
    (Layer(.reshape([-2, -3])), [6], "/stack/0/shape: expected a shape of 6 elements for [6], found [-2, -3]"),
    (
      Layer(.reshape([1 << 40, 1 << 40])), [6],
      "/stack/0/shape: expected a shape of 6 elements for [6], found [1099511627776, 1099511627776]"
    ),
    (
      Layer(.residual(body: Stack([convolution([3, 3, 1, 1])]), shortcut: Stack())), [4, 4, 1],
      "/stack/0: a residual adds equal shapes; the body gives [2, 2, 1], the shortcut [4, 4, 1]"
    ),
    (
      Layer(.concatenation([Stack([convolution([3, 3, 1, 1])]), Stack()])), [4, 4, 1],
      "/stack/0: branches differ beside their channels: [2, 2, 1] and [4, 4, 1]"
    ),
    (Layer(.concatenation([])), [4], "/stack/0: a concat layer needs at least one branch"),
    (
      Layer(.batchNormalization(BatchNormalization(mean: zeros([3]), variance: zeros([4])))), [4],
      "/stack/0/mean: expected 4 elements for the channels of [4], found 3"
    ),
    (
      Layer(.layerNormalization(LayerNormalization(scale: zeros([3])))), [4],
      "/stack/0/scale: expected 4 elements for the last axis, found 3"
    ),
  ]

  @Test("Layers", arguments: layers.indices)
  func layer(_ index: Int) {
    let (layer, shape, problem) = Self.layers[index]
    #expect(problems(Stack([layer]), shape: shape) == [problem])
  }

  /// A valid model of two latents and three pixels, changed.
  private func modelProblems(_ change: (inout ModelDescription) -> Void) -> [String] {
    var random = Random(1)
    var model = toyModel(.bernoulli, pixels: 3, latents: 2, &random)
    #expect(ModelPlan(model).problems.isEmpty)
    change(&model)
    return ModelPlan(model).problems.map(\.description)
  }

  @Test("Models")
  func models() {
    var random = Random(2)
    let stack = { (random: inout Random, outputs: Int) in Stack([random.dense(5, outputs)]) }
    #expect(
      modelProblems { $0.encoders[0].parameters[.scale] = .constant(Tensor([1])) } == [
        "/encoder/1: normal takes exactly one of log_variance, log_scale, scale, variance; found log_variance, scale"
      ])
    #expect(
      modelProblems { $0.decoders[0].parameters = [:] } == [
        "/decoder/1: bernoulli takes exactly one of logits, probabilities; found none"
      ])
    #expect(
      modelProblems { $0.decoders[0].parameters[.logits] = .stack(stack(&random, 4)) } == [
        "/decoder/1/logits: expected 3 elements, found 4"
      ])
    #expect(
      modelProblems { $0.encoders[0].distribution = .poisson } == [
        "/encoder/1: a posterior is normal, full-normal or laplace; found poisson"
      ])
    #expect(
      modelProblems { $0.encoders[0].given = [1] } == [
        "/encoder/1: given [1]: expected other variables among 0 … 1, each once"
      ])
    #expect(
      modelProblems { $0.decoders[0].given = [1, 1] } == [
        "/decoder/1: given [1, 1]: expected variables among 1 … 1, each once"
      ])
    #expect(
      modelProblems {
        $0.prior = .normalMixture(logits: nil, mean: Self.zeros([0, 2]), scaleName: .scale, scale: Self.zeros([0, 2]))
      }
        == ["/prior/mean: expected shape [1, 2], found [0, 2]"])
    #expect(
      modelProblems { $0.prior = .normal(mean: Tensor([0, 0]), scaleName: .mean, scale: Tensor([1, 1])) } == [
        "/prior/mean: not a scale: expected log_variance, log_scale, scale or variance"
      ])
    #expect(
      modelProblems { $0.prior = .vampPrior(logits: nil, pseudoInputs: Self.zeros([4, 5])) } == [
        "/prior/pseudo_inputs: expected [c, …] with 3 elements each, found [4, 5]"
      ])
    #expect(modelProblems { $0.input.shape = [1 << 40, 1 << 40] }.count == 1)
    #expect(
      modelProblems {
        $0.encoders = Array(repeating: $0.encoders[0], count: 240)
        $0.decoders = Array(repeating: $0.decoders[0], count: 240)
      } == ["/encoder: expected at most 239 layers of latents, found 240"])
  }

  @Test("Flows")
  func flows() {
    var random = Random(3)
    let square = Stack([random.dense(2, 2)])
    #expect(
      modelProblems { $0.encoders[0].flow = [.planar(u: Tensor([1]), w: Tensor([1, 2]), b: 0)] } == [
        "/encoder/1/flow/0/u: expected 2 elements, found 1"
      ])
    #expect(
      modelProblems {
        $0.encoders[0].flow = [.affineCoupling(mask: Tensor([1, 0.5]), shift: square, logScale: square)]
      } == [
        "/encoder/1/flow/0/mask: a mask is made of zeros and ones"
      ])
    #expect(
      modelProblems {
        $0.encoders[0].flow = [.inverseAutoregressive(shift: square, logScale: Stack([random.dense(2, 3)]))]
      }
        == ["/encoder/1/flow/0/log_scale: expected 2 elements, found 3"])
    #expect(
      modelProblems { $0.encoders[0].flow = [.inverseAutoregressive(shift: square, logScale: square)] } == [
        "/encoder/1/flow/0: shift and log_scale are autoregressive in no order of the latents: their kernels are not masked"
      ])
    let planar = FlowStep.planar(u: Tensor([1, 1]), w: Tensor([1, 2]), b: 0)
    #expect(
      modelProblems { $0.decoders[0].flow = [planar] } == ["/decoder/1/flow: a flow belongs to a posterior: an encoder"]
    )
    #expect(
      modelProblems {
        $0.encoders[0].flow = [planar]
        $0.prior = .vampPrior(logits: nil, pseudoInputs: Self.zeros([4, 3]))
      } == [
        "/prior: a vamp prior needs the density of q(z|u) at any z; a posterior with a flow gives it at its own samples alone"
      ])
  }
}
