"""Play episodes with an exported policy: onnxruntime and the environment, no torch.

dispatchlab export job-shop-classic --onnx policy.onnx
python examples/run_onnx.py policy.onnx ft06
"""

import json
import sys

import gymnasium as gym
import numpy as np
import onnxruntime

import dispatchlab  # registers the environments

path, instance = sys.argv[1:3]
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
facts = session.get_modelmeta().custom_metadata_map
# The environment must observe what the policy was trained on; the file tells what that was.
arguments = json.loads(facts["meta"])["env"]
env = gym.make("dispatchlab/JobShop-v0", instance=instance, **arguments)
observation, _ = env.reset(seed=0)
assert env.unwrapped.graph_spec.layout_hash() == facts["layout_hash"]

done = False
while not done:
    # Inputs are the entries of the observation, with a batch dimension in front.
    batch = {entry.name: observation[entry.name][np.newaxis] for entry in session.get_inputs()}
    (action,) = session.run(["action"], batch)
    observation, reward, terminated, truncated, info = env.step(int(action[0]))
    done = terminated or truncated

dispatchlab.verify(env.unwrapped.problem, None, env.unwrapped.schedule())
print(f"{instance}: {info['objective']:g} after {info.get('decisions', '?')} decisions")
