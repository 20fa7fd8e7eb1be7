"""Train a graph policy with stable-baselines3's own PPO, and sample from it on a benchmark."""

from stable_baselines3 import PPO

from dispatchlab.agents import GraphActorCriticPolicy, LearnedPolicy, as_sb3, sample
from dispatchlab.envs.jobshop.env import CPSchedulingVectorEnv

GENERATOR = "random:num_jobs=6-10,num_machines=6-10"

env = CPSchedulingVectorEnv(64, generator=GENERATOR, reward_scale="bound")
model = PPO(
    GraphActorCriticPolicy, as_sb3(env), n_steps=64, batch_size=512, gamma=1.0, gae_lambda=0.98,
    learning_rate=5e-4, n_epochs=4, seed=0, verbose=1,
)  # fmt: skip
model.learn(20_480)

tests = CPSchedulingVectorEnv(32, instance="ft10", autoreset="disabled")
policy = LearnedPolicy(model.policy.net)
found = sample(policy, tests, temperature=1.0, seed=0)
print(f"ft10, best of 32 samples: {found.objective:g} (best known 930)")
