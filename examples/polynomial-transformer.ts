import { dataLoaders, digits } from '@pnn/data';
import { AdamW, BatchNorm1d, Linear, Module, ModuleList, normal, Parameter, setSeed, type Tensor } from '@pnn/nn';
import { PolynomialActivation, Trainer } from '@pnn/pnn';

// A transformer of additions and multiplications alone, as encrypted inference needs it. What is not a polynomial in an
// ordinary one is replaced in the ways that this literature uses: softmax by nothing but a division by the number of
// tokens, as in linear attention; LayerNorm by BatchNorm, whose statistics are constants after training and leave a
// linear map; and GELU by a polynomial fitted to it, whose inputs the boundary loss keeps where the fit holds.

const PATCH = 7;
const SIDE = 28 / PATCH;
const TOKENS = SIDE * SIDE;
const WIDTH = 32;
const HEADS = 4;

/** BatchNorm over all tokens of all images: [N,L,C] → [N,L,C]. */
class TokenNorm extends Module {
  readonly norm = new BatchNorm1d(WIDTH);

  override forward(x: Tensor): Tensor {
    return this.norm.forward(x.flatten(0, 1)).reshape(x.shape);
  }
}

/** q·kᵀ/√d/L·v, of degree 3 in the tokens. */
class PolynomialAttention extends Module {
  readonly project = new Linear(WIDTH, 3 * WIDTH);
  readonly output = new Linear(WIDTH, WIDTH);

  override forward(x: Tensor): Tensor {
    const heads = this.project.forward(x).reshape([-1, TOKENS, 3, HEADS, WIDTH / HEADS]);
    const [query, key, value] = heads.permute([2, 0, 3, 1, 4]).unbind(0) as [Tensor, Tensor, Tensor];
    const scores = query.matmul(key, { transposeB: true }).div(Math.sqrt(WIDTH / HEADS));
    const mixed = scores.div(TOKENS).matmul(value);
    return this.output.forward(mixed.permute([0, 2, 1, 3]).reshape(x.shape));
  }
}

/** Attention and two linear layers, each with a shortcut. */
class Block extends Module {
  readonly attention = new PolynomialAttention();
  readonly attentionNorm = new TokenNorm();
  readonly inputNorm = new TokenNorm();
  readonly linear1 = new Linear(WIDTH, WIDTH);
  readonly activationNorm = new TokenNorm();
  readonly activation = new PolynomialActivation({ target: 'gelu', degree: 4, bound: 6, outside: 'tangent' });
  readonly linear2 = new Linear(WIDTH, WIDTH);

  override forward(x: Tensor): Tensor {
    const attended = x.add(this.attentionNorm.forward(this.attention.forward(x)));
    const features = this.activationNorm.forward(this.linear1.forward(this.inputNorm.forward(attended)));
    return attended.add(this.linear2.forward(this.activation.forward(features)));
  }
}

/** Patches of an image as tokens, two blocks, and a linear map of all tokens. */
class PolynomialTransformer extends Module {
  readonly embed = new Linear(PATCH * PATCH, WIDTH);
  readonly positions = new Parameter(normal([TOKENS, WIDTH], 0, 0.1));
  readonly blocks = new ModuleList([new Block(), new Block()]);
  readonly norm = new TokenNorm();
  readonly classify = new Linear(TOKENS * WIDTH, 10);

  override forward(images: Tensor): Tensor {
    const grid = images.reshape([-1, SIDE, PATCH, SIDE, PATCH]).permute([0, 1, 3, 2, 4]);
    let tokens = this.embed.forward(grid.reshape([-1, TOKENS, PATCH * PATCH])).add(this.positions);
    for (const block of this.blocks) tokens = block.forward(tokens);
    return this.classify.forward(this.norm.forward(tokens).flatten(1));
  }
}

setSeed(7);
const { train, test } = dataLoaders(digits({ train: 1000, test: 200 }), { batchSize: 50 });
const network = new PolynomialTransformer();
const optimizer = new AdamW(network.parameterGroups(), { lr: 3e-3, maxNorm: 1 });
const trainer = new Trainer(network, { optimizer, lambda: 100 });

for await (const epoch of trainer.fit(train, { epochs: 4, validation: test })) {
  const reach = epoch.layers.map(({ validation }) => validation!.maxAbs.toFixed(2)).join(', ');
  const accuracy = 100 * epoch.validationMetrics!.accuracy!;
  console.log(
    `epoch ${epoch.epoch}: loss ${epoch.trainLoss.toFixed(4)}, test accuracy ${accuracy.toFixed(1)}%, largest |x| ${reach}`,
  );
}
