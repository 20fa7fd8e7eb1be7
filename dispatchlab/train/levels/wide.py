"""Wide task spaces: from problems that need no skill to problems in which none helps.

Teachers are compared on them. Each has three to eight dimensions, and episodes of at most a few
hundred decisions on average.
"""

WIDE: dict[str, str] = {
    # few jobs that come one by one to many at once; times that are known to times that nobody knows
    "job-shop": (
        "random:num_jobs=4-15,num_machines=3-10,duration_skew=0-4,routing_structure=0-1,"
        "arrival_load=0.5-4,duration_noise=0-1.5"
    ),
    # chains to wide graphs, free to dear transfers, idle to overloaded, known to unknown times
    "soc": (
        "random:num_tasks=5-30,num_pes=2-6,fat=0.3-2.5,density=0.5,ccr=0-5,heterogeneity=0-2,"
        "mean_gap_us=40-600,max_jobs=1-4,noise_std=0-0.8,horizon_us=2000"
    ),
    # one drone beside a fast edge to more work than edge and network can do in time
    "edge": (
        "random:instances=4d-a,num_drones=1-5,network=trapezium,duration_ms=10000-20000,"
        "peak_ms=0-1500,trapezium_start=0-0.6,trapezium_ramp=0.1,trapezium_hold=0-0.6,"
        "edge_low=0.6,edge_high=0.6-1.8,cloud_sigma=0-1,qoe_window_ms=5000"
    ),
    # empty skies to a demand that no fleet serves; calm days to storms
    "uam": (
        "random-5x8:rho=0.1-4,aircraft=2-12,area_mi=15-45,peak=0-3,delay=0-3,closure=0-10,"
        "downtime=0-40"
    ),
}
