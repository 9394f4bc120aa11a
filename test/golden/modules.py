"""Cases from torch modules: parameters and buffers under their state-dict names in camelCase."""

import re

from format import case


def camel(name):
    """`running_mean` becomes `runningMean`; dots stay."""
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def install(module, state):
    """Put tensors in the places of the parameters and buffers of these names, so that autograd sees them as leaves."""
    for name, tensor in state.items():
        path, _, leaf = name.rpartition(".")
        owner = module.get_submodule(path)
        (owner._parameters if leaf in owner._parameters else owner._buffers)[leaf] = tensor


def module_case(layer, name, module, inputs, forward, **options):
    """
    A case of `forward(module, *inputs)`, which returns a dictionary of outputs; the buffers after it are outputs too.
    """
    parameters = {key: value.detach().clone() for key, value in module.named_parameters()}
    buffers = {key: value.clone() for key, value in module.named_buffers()}

    def function(*tensors):
        install(module, dict(zip((*parameters, *buffers), tensors[len(inputs):])))
        outputs = forward(module, *tensors[:len(inputs)])
        return {**outputs, **{camel(key): value.clone() for key, value in module.named_buffers()}}

    return case("layer", layer, name, function, inputs,
                parameters={camel(key): value for key, value in parameters.items()},
                buffers={camel(key): value for key, value in buffers.items()}, **options)
